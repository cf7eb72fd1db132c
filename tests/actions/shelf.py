"""Records kept in memory, over the protocol, for what is tested without a store; and callers and calls to act for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from callcenter.actions import Caller, Change, Record, Row
from callcenter.calls import ActionResult, CallId, Language, Slots
from callcenter.errors import RecordConflict

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
"""A Sunday, 11:00 in Riyadh: the demo company is open."""


class Shelf:
    """A RecordStore that forgets."""

    def __init__(self, tables: Mapping[str, Sequence[Row]] | None = None) -> None:
        self.kept: dict[tuple[str, str], Record] = {}
        self.results: dict[str, ActionResult] = {}
        for table, rows in (tables or {}).items():
            for row in rows:
                self.put(Change(table=table, id=row.id, version=0, fields=row.fields))

    def put(self, change: Change) -> None:
        self.kept[change.table, change.id] = Record(
            table=change.table, id=change.id, version=change.version + 1, fields=change.fields, updated_at=NOW
        )

    async def sync_records(self, table: str, rows: Sequence[Row], *, now: datetime) -> int:
        raise NotImplementedError

    async def record_counts(self) -> dict[str, int]:
        raise NotImplementedError

    async def records(
        self, table: str, *, where: Mapping[str, str] | None = None, changed_after: datetime | None = None
    ) -> list[Record]:
        assert changed_after is None
        return [
            each
            for (_, _), each in sorted(self.kept.items())
            if each.table == table and all(each.fields.get(key) == value for key, value in (where or {}).items())
        ]

    async def record(self, table: str, record_id: str) -> Record | None:
        return self.kept.get((table, record_id))

    async def performed(self, key: str) -> ActionResult | None:
        return self.results.get(key)

    async def perform(
        self,
        key: str,
        call_id: CallId,  # noqa: ARG002 (it keeps no calls)
        changes: Sequence[Change],
        result: ActionResult,
        *,
        now: datetime,  # noqa: ARG002 (nor times)
    ) -> ActionResult:
        if key in self.results:
            return self.results[key]
        for change in changes:
            known = self.kept.get((change.table, change.id))
            if (known.version if known else 0) != change.version:
                raise RecordConflict
        for change in changes:
            self.put(change)
        self.results[key] = result
        return result


def caller(
    *,
    phone: str | None = None,
    email: str | None = None,
    told_phone: str | None = None,
    told_email: str | None = None,
    order: str | None = None,
    by_agent: bool = False,
) -> Caller:
    """Somebody on a call: what is known of them, and what they told."""
    slots = Slots(phone=told_phone, email=told_email, order_number=order)
    return Caller(phone=phone, email=email, slots=slots, language=Language.ar, by_agent=by_agent)
