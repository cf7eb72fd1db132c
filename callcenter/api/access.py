"""Who may call what. Each endpoint names its callers with `open_to`; the edge has `Access` look at every request.

This machine in open mode, API keys and admins may call everything. An endpoint that names nobody, and a path that no
route here knows, are theirs alone: whoever forgets to say something has said no. A customer reaches their own call;
any other is not found, as if there were none, so that ids can't be tried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from starlette.routing import BaseRoute, Route, WebSocketRoute

from callcenter.api.errors import UnknownPath
from callcenter.auth import UNLIMITED, Principal, Role
from callcenter.errors import CallNotFound, NotAllowed

CUSTOMERS: Final = frozenset({Role.customer})
"""Of the call that the path names, and of no other."""
SUPERVISORS: Final = frozenset({Role.supervisor})
AGENTS: Final = frozenset({Role.agent}) | SUPERVISORS
"""Those who may do what an agent may."""

_CALL_ID: Final = "call_id"
_CALLERS: Final = "callers"
_NAMED: Final = {
    Role.supervisor: "supervisors",
    Role.agent: "agents",
    Role.customer: "the call's own customer",
}

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def open_to(*callers: frozenset[Role]) -> Callable[[Endpoint], Endpoint]:
    """Have an endpoint take requests of these callers too."""

    def named(endpoint: Endpoint) -> Endpoint:
        vars(endpoint)[_CALLERS] = frozenset[Role]().union(*callers)
        return endpoint

    return named


def callers_of(endpoint: Callable[..., Any]) -> frozenset[Role]:
    """Return who may call an endpoint besides those who may call everything."""
    found: object = getattr(endpoint, _CALLERS, frozenset())
    assert isinstance(found, frozenset)  # noqa: S101 (open_to() puts it there)
    return found


def told(endpoint: Callable[..., Any]) -> str:
    """Return the sentence that says who may call an endpoint."""
    callers = callers_of(endpoint)
    *first, last = ("API keys", "admins", *(name for role, name in _NAMED.items() if role in callers))
    return f"For {', '.join(first)} and {last}."


class Access:
    """The routes of an application, and who may take which."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        """Read what the routes' endpoints say, in the order in which they are tried."""
        self._rules = [
            (route.methods if isinstance(route, Route) else None, route.path_regex, callers_of(route.endpoint))
            for route in routes
            if isinstance(route, Route | WebSocketRoute)
        ]
        for _, place, callers in self._rules:
            assert Role.customer not in callers or _CALL_ID in place.groupindex, place.pattern  # noqa: S101 (whose call?)

    def check(self, principal: Principal, method: str | None, path: str) -> None:
        """Refuse what a principal may not do; `method` is None for a WebSocket. Raises NotAllowed, CallNotFound."""
        if principal.role in UNLIMITED:
            return
        for methods, place, callers in self._rules:
            taken = method is None if methods is None else method in methods
            if not taken or not (found := place.match(path)):
                continue
            if principal.role not in callers:
                raise NotAllowed(f"This is not for the role `{principal.role}`.")
            if principal.role is Role.customer and found[_CALL_ID] != principal.call_id:
                raise CallNotFound
            return
        raise UnknownPath
