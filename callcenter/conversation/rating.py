"""Ask for a score at a natural end, and hear the answer. Pure; the words are the personas', whatever voice speaks.

A customer is asked once a call, in the farewell, and never while upset, waiting for a human or owed an answer. A number
is their score only for a message or two after that; see analysis/rating.py for what one looks like.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callcenter.analysis import ConversationAnalyzer, MessageAnalysis
from callcenter.analysis.models import Act
from callcenter.analysis.rating import read_rating
from callcenter.calls import ConversationIntent, ConversationState, Language, MessageId, Mode
from callcenter.conversation.turn import Step
from callcenter.errors import RatingSettled
from callcenter.events import CUSTOMER, MAX_RATING_COMMENT_CHARS, CsatAsked, CsatGiven

MAX_RATINGS: Final = 5
"""A score may be changed so often; more is no second thought."""
_GREETED: Final = 1
"""Words of ours that answer nothing: the greeting."""


@dataclass(frozen=True, slots=True)
class Given:
    """A score in a message."""

    score: int
    comment: str | None
    bare: bool
    """The message says nothing else that would want an answer."""


def heard(state: ConversationState, text: str, analysis: MessageAnalysis) -> Given | None:
    """Return the score that a message gives, on the call as it was before it; None: it gives none."""
    if not state.rating_turns or state.mode is Mode.human or state.asking or state.confirming is not None:
        return None
    rating = read_rating(text)
    if rating is None:
        return None
    wants_human = analysis.intent.intent is ConversationIntent.human_request
    bare = rating.bare and not wants_human
    comment = None if bare else text[:MAX_RATING_COMMENT_CHARS]
    return Given(rating.score, comment, bare)


def plain(analyzer: ConversationAnalyzer, given: Given, hint: Language | None) -> MessageAnalysis:
    """Return what a bare score means for all else: nothing. Its number is none of an order, and "bad, 1" no matter."""
    return analyzer.analyze(str(given.score), hint).altered({"entities": ()})


def note(step: Step, given: Given, message_id: MessageId, now: datetime) -> None:
    """Put a score that a message gave into the log."""
    step.add(
        CsatGiven(
            call_id=step.state.call_id,
            seq=step.next_seq,
            at=now,
            message_id=message_id,
            score=given.score,
            comment=given.comment,
            given_by=CUSTOMER,
        )
    )


def rated(state: ConversationState, score: int, comment: str | None, *, by: str, now: datetime) -> Step:
    """Return a score given over the API; without events where it is the one we have. Raises RatingSettled."""
    step = Step(state=state)
    if (score, comment) == (state.satisfaction, state.satisfaction_comment):
        return step
    if state.ratings >= MAX_RATINGS:
        raise RatingSettled
    step.add(
        CsatGiven(
            call_id=state.call_id,
            seq=step.next_seq,
            at=now,
            message_id=None,
            score=score,
            comment=comment,
            given_by=by,
        )
    )
    return step


def ends_well(state: ConversationState, analysis: MessageAnalysis) -> bool:
    """Whether the reply to a message should ask for a score: a farewell or thanks, and nothing is left between us.

    `state` has the message folded in.
    """
    if analysis.intent.intent is not ConversationIntent.goodbye or not may_ask(state):
        return False
    waits = state.human_requested or state.asking or state.pending_action is not None or bool(state.proposals)
    return not waits and not analysis.sentiment.sentiment.upset and not analysis.does(Act.not_interested)


def may_ask(state: ConversationState) -> bool:
    """Whether a customer may be asked at all: once, after an answer, and not while they are upset or wait."""
    answers = state.message_count - state.user_message_count - _GREETED
    known = state.rating_asked or state.satisfaction is not None
    waits = state.waiting_since is not None
    return not known and answers > 0 and state.user_message_count > 0 and not (waits or state.overall_sentiment.upset)


def asked_with(step: Step, message_id: MessageId, now: datetime) -> None:
    """Note that the reply which comes next in the log asks for a score."""
    step.add(
        CsatAsked(
            call_id=step.state.call_id,
            seq=step.next_seq,
            at=now,
            message_id=message_id,
            language=step.state.language,
            persona=step.state.current_persona,
        )
    )


def asked_at_the_end(step: Step, line: str, now: datetime) -> None:
    """Ask for a score in a line of its own: the call is ended over the API."""
    step.add(
        CsatAsked(
            call_id=step.state.call_id,
            seq=step.next_seq,
            at=now,
            message_id=None,
            language=step.state.language,
            persona=step.state.current_persona,
            message=line,
        )
    )
