"""Brief a voice: gather what it may know for one reply from the call as it stands and the messages to answer. Pure.

Usually one message is answered; of a burst all, by one reply that goes by the newest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from callcenter.analysis import MessageAnalysis
from callcenter.calls import ActionName, ConversationIntent, ConversationState, MessageId
from callcenter.conversation.deeds import TOLD, told
from callcenter.conversation.rating import ends_well
from callcenter.conversation.turn import Turn, question
from callcenter.events import (
    CallEvent,
    CsatGiven,
    Handoff,
    ScriptCompleted,
    ScriptStarted,
    ScriptStep,
    TicketCreated,
    TicketUpdated,
)
from callcenter.knowledge import Passage
from callcenter.llm import Brief, RatingNews, Receipt, TicketNews
from callcenter.llm.prompt import Exchange, Line
from callcenter.llm.script_cue import ScriptCue
from callcenter.scripts import NO_SCRIPTS, Scripts
from callcenter.tickets import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one reply is to answer."""

    turn: Turn
    """The newest message's; the reply is known by it."""
    earlier: tuple[Turn, ...] = ()
    """Those of a burst that came before it, oldest first."""
    text: str
    """The customer's words, all messages together."""
    analysis: MessageAnalysis
    """What all of them mean together."""
    passages: Sequence[Passage] = ()
    """What the company's articles say on it."""

    @property
    def events(self) -> tuple[CallEvent, ...]:
        """What all messages led to, in order."""
        return (*chain.from_iterable(turn.events for turn in self.earlier), *self.turn.events)

    @property
    def messages(self) -> tuple[MessageId, ...]:
        """Ids of all messages, oldest first."""
        return (*(turn.message_id for turn in self.earlier), self.turn.message_id)


def asked_by(turn: Turn, passages: Sequence[Passage] = ()) -> Asked:
    """Return what a single message asks."""
    return Asked(turn=turn, text=turn.message.message, analysis=turn.routing.analysis, passages=passages)


_NO_ARTICLE: Final = frozenset(
    {ConversationIntent.greeting, ConversationIntent.goodbye, ConversationIntent.human_request}
)
"""What is answered without one, however it is put."""
_INFORMED: Final = frozenset(
    {
        ConversationIntent.account_request,
        ConversationIntent.information,
        ConversationIntent.sales_interest,
        ConversationIntent.technical_support,
    }
)
"""What one may answer though it is no question: "forgot my password", "I want to pay in stages"."""


def may_want_article(analysis: MessageAnalysis) -> bool:
    """Whether a message could be answered from an article; greetings, bare facts and statements never are."""
    intent = analysis.intent.intent
    return intent not in _NO_ARTICLE and (intent in _INFORMED or analysis.question.is_question)


def brief_of(  # noqa: PLR0913 (the facts of a reply)
    state: ConversationState,
    ticket: Ticket | None,
    asked: Asked,
    *,
    said: str,
    history: tuple[Line, ...] = (),
    exchanges: tuple[Exchange, ...] = (),
    scripts: Scripts = NO_SCRIPTS,
) -> Brief:
    """Return what a voice may know; `said` is our last reply, `exchanges` what was done for the one in the making."""
    events = asked.events
    kinds = set(map(type, events))  # once: most of what may be among them is not
    news = None
    if ticket is not None:
        if TicketCreated in kinds:
            news = TicketNews.created
        elif TicketUpdated in kinds:
            news = TicketNews.updated
    routing = asked.turn.routing
    introduced = Handoff in kinds
    done = () if kinds.isdisjoint(TOLD) else told(events, routing.decision.language)
    given = asked.turn.find(CsatGiven) if CsatGiven in kinds else None
    rating = RatingNews(given.score, state.ratings > 1, given.comment is None) if given else None
    thanked = rating is not None and rating.bare
    script = None if done or thanked else cue_of(state, asked, scripts)
    asks = question(state, asked.analysis) if script is None else script.slot
    asks = None if thanked else asks
    return Brief(
        state=state,
        persona=state.current_persona,
        language=routing.decision.language,
        text=asked.text,
        analysis=asked.analysis,
        decision=routing.decision,
        introduced=introduced,
        ticket=ticket,
        ticket_news=news,
        asks=asks,
        said=said,
        at=asked.turn.message.at,
        history=history,
        exchanges=exchanges,
        passages=asked.passages,
        told=done,
        rating=rating,
        asks_rating=not (done or introduced or news or asks or script) and ends_well(state, asked.analysis),
        script=script,
        receipts=receipts(state, introduced=introduced),
    )


def cue_of(state: ConversationState, asked: Asked, scripts: Scripts) -> ScriptCue | None:
    """Return what a reply does for the call's script: ask about the step that is due, or sum it up where it got done.

    None also where the reply leaves it aside: at a goodbye, while a fact of an action is asked for, or a human is.
    """
    followed = state.script
    if followed is None or followed.dropped is not None or state.human_requested or state.pending_action is not None:
        return None
    events, listener = asked.events, scripts.get(followed.script_id)
    heard = tuple(fact for event in events if isinstance(event, ScriptStep) for fact in event.facts)
    ends = any(isinstance(event, ScriptCompleted) for event in events) or (followed.done and bool(heard))
    leaves = asked.analysis.intent.intent is ConversationIntent.goodbye
    if listener is None or (not ends and (followed.done or leaves)):
        return None
    step = listener.script.step(followed.step)
    if step is None and not ends:
        return None
    begins = any(isinstance(event, ScriptStarted) for event in events)
    return ScriptCue(
        script=listener.script,
        followed=followed,
        step=step,
        heard=heard,
        begins=begins,
        aside=not heard or asked.analysis.question.is_question,
    )


_PROVED: Final[Mapping[ActionName, tuple[Receipt, ...]]] = {
    ActionName.get_order_history: (Receipt.status,),
    ActionName.track_order: (Receipt.status,),
    ActionName.cancel_order: (Receipt.cancellation,),
    ActionName.request_refund: (Receipt.refund,),
    ActionName.reset_password: (Receipt.change,),
    ActionName.update_contact: (Receipt.change,),
    ActionName.send_quote: (Receipt.message,),
    ActionName.book_consultation: (Receipt.booking,),
}


def receipts(state: ConversationState, *, introduced: bool) -> frozenset[Receipt]:
    """Return what was done for the customer on this call and may be said to have been."""
    held = {receipt for action in state.actions_done for receipt in _PROVED.get(action, ())}
    if introduced or state.human_requested:
        held.add(Receipt.transfer)
    if state.tickets:
        held.update((Receipt.ticket, Receipt.callback))
    if state.human_requested:
        held.add(Receipt.callback)
    return frozenset(held)
