"""Who a principal may be, and who the claims of a verified token make of its holder. Pure.

A role comes from `app_metadata` alone, which only the project's own secret key can write: `user_metadata` is the
user's to change, and the token's top-level `role` is the database's business, the same for everybody signed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pydantic import TypeAdapter, ValidationError

from callcenter.calls import CallId, IdText, Value
from callcenter.errors import NotAllowed


class Role(StrEnum):
    """What kind of caller a principal is."""

    local = "local"
    """Somebody on this machine, in open mode."""
    service = "service"
    """A program that holds an API key."""
    admin = "admin"
    """A signed-in user who runs the product."""
    supervisor = "supervisor"
    """A signed-in user who leads agents."""
    agent = "agent"
    """A signed-in user who helps customers."""
    customer = "customer"
    """Whoever holds a token for one call, and for that one only."""


UNLIMITED: Final = frozenset({Role.local, Role.service, Role.admin})
"""Roles that may do everything there is; the others, what names them."""

_STAFF: Final[Mapping[object, Role]] = {role.value: role for role in (Role.admin, Role.supervisor, Role.agent)}
_CALL_ID: Final[TypeAdapter[str]] = TypeAdapter(IdText)
_NAME_CHARS: Final = 254
"""The longest e-mail address there can be."""


class Principal(Value):
    """Who is asking."""

    role: Role
    name: str
    """For histories and logs: never the key or token itself."""
    call_id: CallId | None = None
    """The one call of a customer."""


def principal_of(claims: Mapping[str, object]) -> Principal:
    """Return who holds a verified token. Raises NotAllowed when it makes them nobody here."""
    written = claims.get("app_metadata")
    granted: Mapping[str, object] = written if isinstance(written, dict) else {}
    name = next(text for text in (claims.get("email"), claims.get("sub"), "somebody") if text and isinstance(text, str))
    role = granted.get("role")
    if isinstance(role, str) and role in _STAFF:
        return Principal(role=_STAFF[role], name=name[:_NAME_CHARS])
    call_id = claims.get("call_id", granted.get("call_id"))
    if call_id is not None:
        try:
            customers = CallId(_CALL_ID.validate_python(call_id))
        except ValidationError:
            raise NotAllowed("This token's call_id is none that a call could have.") from None
        return Principal(role=Role.customer, name=name[:_NAME_CHARS], call_id=customers)
    raise NotAllowed("This token grants nothing here: its app_metadata has no role of ours, and it names no call.")
