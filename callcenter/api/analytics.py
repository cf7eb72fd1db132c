"""Figures over many calls, as JSON or as a spreadsheet's CSV; the store counts them, docs/analytics.md defines them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from callcenter.api.access import SUPERVISORS, open_to
from callcenter.api.calls import Moment
from callcenter.api.deps import HEADERS, AppDep, reply
from callcenter.api.errors import OK, invalid, problems
from callcenter.api.openapi import answer
from callcenter.api.paths import EVERYWHERE
from callcenter.calls import Channel, Language, PersonaType
from callcenter.errors import InvalidRequest
from callcenter.store.analytics import Analytics, AnalyticsFilter, Split

USUAL_PERIOD: Final = timedelta(days=30)
"""What is told of, where nobody says from when."""

CSV: Final = "text/csv"
_CATEGORIES: Final = "tickets_categories_"

router = APIRouter(prefix="/api/analytics", tags=["analytics"])


class AnalyticsFormat(StrEnum):
    """How figures are written."""

    json = "json"
    csv = "csv"


def _filter(  # noqa: PLR0913 (one a query parameter)
    app: AppDep,
    *,
    started_from: Annotated[
        Moment | None, Query(alias="from", description="Calls started then or later; 30 days before `until`.")
    ] = None,
    started_until: Annotated[Moment | None, Query(alias="until", description="Started before then; now.")] = None,
    by: Annotated[Split | None, Query(description="One group each; all calls together if left out.")] = None,
    language: Annotated[Language | None, Query(description="Calls held in this language.")] = None,
    channel: Annotated[Channel | None, Query(description="Calls on this channel.")] = None,
    persona: Annotated[PersonaType | None, Query(description="Calls that this persona has, or had last.")] = None,
) -> AnalyticsFilter:
    until = started_until or app.conversations.now
    try:
        return AnalyticsFilter(
            started_from=started_from or until - USUAL_PERIOD,
            started_until=until,
            by=by,
            language=language,
            channel=channel,
            persona=persona,
            time_zone=app.company.timezone,
        )
    except ValidationError as error:
        raise invalid(error, "query") from None


@router.get(
    "",
    operation_id="get_analytics",
    summary="Read figures of many calls",
    responses={**answer(Analytics, OK, {CSV: {"type": "string"}}), **problems(InvalidRequest, *EVERYWHERE)},
)
@open_to(SUPERVISORS)
async def get_analytics(
    request: Request,
    app: AppDep,
    wanted: Annotated[AnalyticsFilter, Depends(_filter)],
    form: Annotated[
        AnalyticsFormat | None, Query(alias="format", description="How it is written; `Accept` says so too.")
    ] = None,
) -> Response:
    """Read what calls of a period came to: how many, what they were about, how they went, what was left to humans.

    The period may have 400 days; days are the company's. As CSV, one row a group with the same columns always.
    """
    found = await app.store.analytics(wanted, now=app.conversations.now)
    asked_for_csv = CSV in request.headers.get("accept", "") if form is None else form is AnalyticsFormat.csv
    response = _table(found) if asked_for_csv else reply(found)
    response.headers["Vary"] = "Accept"
    return response


def _table(found: Analytics) -> Response:
    """Return one row a group; the mark at the beginning has spreadsheets read it as UTF-8."""
    out = io.StringIO()
    rows = [dict(_cells(figures.model_dump(mode="json"))) for figures in found.groups]
    writer = csv.DictWriter(out, _columns([*rows[0]]))
    writer.writeheader()
    writer.writerows(rows)
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="analytics.csv"'}
    return Response(out.getvalue().encode("utf-8-sig"), headers=headers, media_type=f"{CSV}; charset=utf-8")


def _columns(names: list[str]) -> list[str]:
    """Return the columns where they always are, whichever category is the most frequent."""
    categories = iter(sorted(name for name in names if name.startswith(_CATEGORIES)))
    return [next(categories) if name.startswith(_CATEGORIES) else name for name in names]


def _cells(values: Mapping[str, object], before: str = "") -> Iterator[tuple[str, object]]:
    """Yield columns by name, `tickets_sla_met`, with their values."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _cells(value, f"{before}{name}_")
        elif not isinstance(value, list):  # of whom there are is not known beforehand; the columns are
            yield f"{before}{name}", value
