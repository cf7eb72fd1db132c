"""Read an action's arguments from a message and from what the call knows, and a missing one from its answer. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from callcenter.actions import moments
from callcenter.actions.figures import bare_number, read_figures
from callcenter.analysis import MessageAnalysis
from callcenter.analysis.models import Act, EntityKind
from callcenter.calls import (
    ActionArguments,
    ActionName,
    ConversationIntent,
    ConversationState,
    LastAction,
    PendingAction,
)
from callcenter.company import Company

_LONGEST_QUERY: Final = 300
_ENDS_IT: Final = frozenset({ConversationIntent.human_request, ConversationIntent.goodbye})
"""Of these alone, where a customer lacks what they were asked for: that reads like a complaint."""
_LACKS: Final = "lacks"
_LACKED: Final = frozenset({"order_number", "contact"})
"""What a customer may not have at hand."""
_TERMS: Final = frozenset({"months", "down_payment", "annual_rate"})
_OTHER_MATTERS: Final = frozenset(
    {
        ConversationIntent.human_request,
        ConversationIntent.goodbye,
        ConversationIntent.complaint,
        ConversationIntent.technical_support,
    }
)


def arguments(
    action: ActionName, text: str, analysis: MessageAnalysis, state: ConversationState, company: Company
) -> ActionArguments:
    """Return the arguments that a message which asks for `action` brings, and those the call knows already."""
    found: ActionArguments = {}
    match action:
        case ActionName.track_order | ActionName.cancel_order | ActionName.request_refund:
            found = _known(order_number=_entity(analysis, EntityKind.order_number) or state.slots.order_number)
        case ActionName.update_contact:
            found = {**_new_contact(analysis), **_known(order_number=state.slots.order_number)}
        case ActionName.send_quote:
            found = _services(text, state, company)
        case ActionName.book_consultation if not moments.read(text).empty:
            found = {"when": text[:_LONGEST_QUERY]}
        case ActionName.look_up_catalogue:
            figures = read_figures(text)
            bounds = _known(min_price=_text(figures.min_price), max_price=_text(figures.max_price))
            found = {"query": text[:_LONGEST_QUERY], **bounds}
        case ActionName.estimate_credit:
            found = _credit(text)
        case _:
            pass
    return found


def continued(  # noqa: PLR0913 (what an answer is read from)
    pending: PendingAction,
    text: str,
    analysis: MessageAnalysis,
    company: Company,
    *,
    names_item: bool,
    lacks: bool = False,
) -> ActionArguments | None:
    """Return a pending action's arguments with what this message adds to them; None where it adds nothing of it."""
    others = _ENDS_IT if lacks else _OTHER_MATTERS
    if analysis.intent.intent in others and not analysis.intent.guessed:
        return None
    for missing in pending.missing:
        added = _answer(missing, pending, text, analysis, company, names_item=names_item)
        if added is not None:
            return {**lacking(pending, {}, lacks=False), **added}
    return lacking(pending, {}, lacks=True) if lacks and not _LACKED.isdisjoint(pending.missing) else None


def lacking(pending: PendingAction, named: ActionArguments, *, lacks: bool) -> ActionArguments:
    """Return a pending action's arguments; with what it waits for among what the customer says that they have not."""
    known = {name: value for name, value in pending.arguments.items() if name != _LACKS}
    missing = next((each for each in pending.missing if each in _LACKED and each not in named), None)
    return {**known, _LACKS: missing} if lacks and missing else known


def further(
    last: LastAction, text: str, analysis: MessageAnalysis, *, asks: bool, names_one: Callable[[str], bool]
) -> ActionArguments | None:
    """Return the arguments of an estimate that a message goes on with; None where it does not.

    After an estimate new figures are enough ("and over 60 months?"), after one item of the catalogue it takes a word of
    instalments (`asks`). Whoever names another thing means that one, at the same terms.
    """
    estimated = last.action is ActionName.estimate_credit
    if not (estimated or (asks and last.item is not None)):
        return None
    if analysis.intent.intent in _OTHER_MATTERS and not analysis.intent.guessed:
        return None
    brought = _credit(text)
    if _TERMS.isdisjoint(brought) and (not asks or analysis.does(Act.deny)):
        return None
    known = dict(last.arguments) if estimated else {"item": last.item}
    if names_one(text):
        if not estimated:
            return None
    elif "price" not in brought:
        brought.pop("query")
        return {**known, **brought}
    return {**{name: value for name, value in known.items() if name in _TERMS}, **brought}


def _answer(  # noqa: PLR0911, PLR0913 (one return an argument; what an answer is read from)
    missing: str,
    pending: PendingAction,
    text: str,
    analysis: MessageAnalysis,
    company: Company,
    *,
    names_item: bool,
) -> ActionArguments | None:
    match missing:
        case "order_number":
            return _known(order_number=_entity(analysis, EntityKind.order_number)) or None
        case "contact":
            told = _entity(analysis, EntityKind.phone) or _entity(analysis, EntityKind.email)
            return {} if told else None
        case "new_contact":
            return _new_contact(analysis) or None
        case "services":
            named: list[JsonValue] = [each.id for each in company.mentioned(text)]
            return {"services": named} if named else None
        case "when":
            return _when(pending.arguments.get("proposed"), text, analysis, company)
        case "price":
            figures = _credit(text)
            number = None if "price" in figures else bare_number(text)
            brought = {**figures, **_known(price=_text(number))}
            if "price" in brought:
                return {key: value for key, value in brought.items() if key != "query"}
            return {"query": text[:_LONGEST_QUERY]} if names_item else None
        case "months":
            figure = bare_number(text)
            whole = int(figure) if figure is not None and figure == int(figure) else None
            return _known(months=read_figures(text).months or whole) or None
        case _:
            return None


def _when(proposed: JsonValue, text: str, analysis: MessageAnalysis, company: Company) -> ActionArguments | None:
    """Return the time that is wanted: a yes takes the one proposed, an hour alone is one of the day proposed."""
    wish = moments.read(text)
    if wish.empty:
        agreed = analysis.does(Act.affirm) and not analysis.does(Act.deny)
        return {"when": proposed} if proposed and agreed else None
    if wish.day_named or not isinstance(proposed, str):
        return {"when": text[:_LONGEST_QUERY]}
    moment = datetime.fromisoformat(proposed)
    return {"when": f"{company.calendar.day_of(moment).isoformat()} {text[:_LONGEST_QUERY]}"[:_LONGEST_QUERY]}


def _credit(text: str) -> ActionArguments:
    figures = read_figures(text)
    return {
        "query": text[:_LONGEST_QUERY],
        **_known(
            price=_text(figures.price),
            down_payment=_text(figures.down_payment),
            months=figures.months,
            annual_rate=_text(figures.annual_rate),
        ),
    }


def _services(text: str, state: ConversationState, company: Company) -> ActionArguments:
    named: list[JsonValue] = [each.id for each in company.mentioned(text)]
    known: list[JsonValue] = [each for each in state.interests if company.service(each) is not None]
    return {"services": named or known} if named or known else {}


def _new_contact(analysis: MessageAnalysis) -> ActionArguments:
    return _known(new_phone=_entity(analysis, EntityKind.phone), new_email=_entity(analysis, EntityKind.email))


def _entity(analysis: MessageAnalysis, kind: EntityKind) -> str | None:
    found = analysis.entity(kind)
    return found.value if found else None


def _text(figure: object) -> str | None:
    return None if figure is None else str(figure)


def _known(**values: JsonValue) -> ActionArguments:
    return {name: value for name, value in values.items() if value is not None}
