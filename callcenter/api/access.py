"""Who may call what. Each endpoint names its callers with `open_to`; the edge has `Access` look at every request.

This machine in open mode, API keys and admins may call everything. An endpoint that names nobody, and a path that no
route here knows, are theirs alone: whoever forgets to say something has said no. A customer reaches their own call;
any other is not found, as if there were none, so that ids can't be tried out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, NamedTuple, TypeVar

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
_ASKS_ITSELF: Final = "asks_itself"
_NAMED: Final = {
    Role.supervisor: "supervisors",
    Role.agent: "agents",
    Role.customer: "the call's own customer",
}

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def open_to(*callers: frozenset[Role], asks_itself: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Have an endpoint take requests of these callers too.

    One that `asks_itself` looks up on its own which call a customer means; its path names none.
    """

    def named(endpoint: Endpoint) -> Endpoint:
        vars(endpoint)[_CALLERS] = frozenset[Role]().union(*callers)
        vars(endpoint)[_ASKS_ITSELF] = asks_itself
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


class _Rule(NamedTuple):
    """A route, and who may take it."""

    methods: Collection[str] | None
    """None: it is a WebSocket."""
    place: re.Pattern[str]
    callers: frozenset[Role]
    asks_itself: bool


class Access:
    """The routes of an application, and who may take which."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        """Read what the routes' endpoints say, in the order in which they are tried."""
        self._rules = [
            _Rule(
                route.methods if isinstance(route, Route) else None,
                route.path_regex,
                callers_of(route.endpoint),
                bool(getattr(route.endpoint, _ASKS_ITSELF, False)),
            )
            for route in routes
            if isinstance(route, Route | WebSocketRoute)
        ]
        for rule in self._rules:
            named = rule.asks_itself or _CALL_ID in rule.place.groupindex
            assert Role.customer not in rule.callers or named, rule.place.pattern  # noqa: S101 (whose call?)

    def check(self, principal: Principal, method: str | None, path: str) -> None:
        """Refuse what a principal may not do; `method` is None for a WebSocket. Raises NotAllowed, CallNotFound."""
        if principal.role in UNLIMITED:
            return
        for rule in self._rules:
            taken = method is None if rule.methods is None else method in rule.methods
            if not taken or not (found := rule.place.match(path)):
                continue
            if principal.role not in rule.callers:
                raise NotAllowed(f"This is not for the role `{principal.role}`.")
            if principal.role is Role.customer and not rule.asks_itself and found[_CALL_ID] != principal.call_id:
                raise CallNotFound
            return
        raise UnknownPath

    def check_socket(self, principal: Principal, path: str) -> None:
        """Refuse what is no WebSocket that a principal may open. Raises NotAllowed, CallNotFound, UnknownPath."""
        if not any(rule.methods is None and rule.place.match(path) for rule in self._rules):
            raise UnknownPath
        self.check(principal, None, path)
