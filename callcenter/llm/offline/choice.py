"""Choose who answers a message: first what routing decided, then what the message does, then what it is about.

The siblings write the answers; the order of the questions put here is all this module holds.
"""

from __future__ import annotations

from typing import Final

from callcenter.analysis.models import Act, EntityKind
from callcenter.calls import ConversationIntent, PersonaType
from callcenter.llm import TicketNews
from callcenter.llm.offline import answers, courtesies, matters, passages, scripted, services
from callcenter.llm.offline.phrases import Cue
from callcenter.llm.offline.turn import MATTERS, Draft, Turn

NUMBER_WORDS: Final = 4
"""A number in a message of no more words is all it says: "invoice 8812"."""
QUESTION_WORDS: Final = 3
"""A question of fewer words that nothing answers is not understood rather than unknown."""
_OF_SERVICES: Final = services.ASPECTS | {Cue.overview, Cue.offer, Cue.expensive, Cue.sold}
_SALES: Final = frozenset(
    {ConversationIntent.sales_interest, ConversationIntent.service_inquiry, ConversationIntent.training_interest}
)


def draft_reply(turn: Turn) -> Draft:  # noqa: C901, PLR0911 (one rule a return, in order of strength)
    """Return the reply without the question that is due at its end."""
    brief = turn.brief
    if brief.told:
        return Draft(list(brief.told))
    if brief.script is not None and (draft := scripted.taken(turn, brief.script)) is not None:
        return draft
    ticket = brief.ticket
    waits = ticket is not None and Cue.waiting in turn.cues and brief.ticket_news is not TicketNews.created
    if brief.decision.escalation_needed or (turn.heard in MATTERS and not waits):
        return matters.matter(turn)
    if brief.decision.transfer_to_human:
        return matters.human(turn)
    if ticket is not None and waits:
        return matters.waiting(turn, ticket)
    if ticket is not None and matters.declines_contact(turn):
        return matters.contact_declined(turn, ticket)
    if turn.does(Act.asks_status) or (ticket is not None and _of_ticket(turn)):
        return (passages.answer(turn) if ticket is None else None) or matters.status(turn)
    if turn.does(Act.asks_next) and ticket is not None:
        return matters.needed_next(turn, ticket)
    answer = _answer(turn)
    if brief.ticket_news is not None and ticket is not None and (answer is None or brief.analysis.entities):
        news = matters.noted(turn, ticket)
        asks = brief.analysis.question.is_question or turn.heard in _SALES
        news.add(*(answer.parts if answer and asks else ()))
        return news
    if answer is not None:
        return answer
    if brief.asks is not None or brief.script is not None:
        return courtesies.going_on(turn)
    return passages.answer(turn) or courtesies.unclear(turn)


def _of_ticket(turn: Turn) -> bool:
    """Whether the message asks after the ticket: how it stands, when it is answered, how long it takes."""
    if not {Cue.answer_when, Cue.status}.isdisjoint(turn.cues):
        return True
    how_long = Cue.duration in turn.cues and turn.brief.persona is PersonaType.complaints
    return how_long and not turn.services and services.asks_nothing_else(turn)


def _answer(turn: Turn) -> Draft | None:
    """Answer what a message without a complaint says or asks; None if that is nothing the voice understands."""
    if _praises(turn):
        return courtesies.praised(turn)
    match turn.heard:
        case ConversationIntent.greeting:
            return courtesies.greeting(turn)
        case ConversationIntent.goodbye:
            return courtesies.declined(turn) if turn.does(Act.not_interested) else courtesies.farewell(turn)
        case ConversationIntent.account_request:
            return answers.account(turn)
        case heard if heard in _SALES:
            return _greeted(turn, services.reply(turn))
        case _:
            return _general(turn)


def _general(turn: Turn) -> Draft | None:  # noqa: PLR0911 (one rule a return, in order of strength)
    """Answer a general question, or a message that says what it wants only by its context."""
    analysis = turn.brief.analysis
    statement = turn.heard is ConversationIntent.other and not analysis.question.is_question
    if turn.does(Act.not_interested):
        asked = answers.from_profile(turn) if turn.heard is ConversationIntent.information else None
        return asked or courtesies.declined(turn)
    if turn.brief.ticket_news is not None and not analysis.question.is_question:
        return None
    if statement and turn.brief.asks is None and (reaction := _brief_statement(turn)):
        return reaction
    if statement and analysis.sentiment.sentiment.valence < 0 and not services.better_price_wanted(turn):
        return courtesies.in_low_spirits(turn)
    if Cue.who in turn.cues:
        return courtesies.identity(turn)
    if services.asked_of_one(turn):
        return _greeted(turn, services.reply(turn))
    found = answers.from_profile(turn)
    if found is None and Cue.off_topic in turn.cues:
        return courtesies.off_topic(turn)
    if found is None and (turn.services or _OF_SERVICES & turn.cues.keys()):
        found = services.reply(turn)
    return _greeted(turn, found) if found is not None else _in_context(turn)


def _praises(turn: Turn) -> bool:
    """Whether the message does nothing but praise, with the words for it or by its mood."""
    brief = turn.brief
    glad = brief.analysis.sentiment.sentiment.valence > 0 and not brief.analysis.question.is_question
    if not glad or turn.does(Act.thanks) or not _OF_SERVICES.isdisjoint(turn.cues):
        return False
    bare = turn.heard is ConversationIntent.other and not turn.services and not turn.articles
    return Cue.praise in turn.cues or (bare and _says_more_than_ok(turn))


def _says_more_than_ok(turn: Turn) -> bool:
    words = turn.brief.analysis.language.words
    return words >= QUESTION_WORDS and not turn.does(Act.affirm) and Cue.ok not in turn.cues


def _brief_statement(turn: Turn) -> Draft | None:
    """Answer a few words that ask for nothing: a bare number, an "ok"; None for anything else."""
    number = turn.told(EntityKind.order_number)
    few = turn.brief.analysis.language.words <= NUMBER_WORDS
    if number and few:
        return answers.number_noted(turn, number)
    if Cue.ok in turn.cues and len(turn.brief.text.split()) < QUESTION_WORDS and not turn.does(Act.thanks):
        return services.accepted(turn) or courtesies.acknowledged(turn)
    return None


def _in_context(turn: Turn) -> Draft | None:
    """Answer a message that the profile has nothing on: by what it does, and by what was said before it."""
    if turn.brief.analysis.language.requested is not None:
        return courtesies.language_taken(turn)
    if turn.does(Act.thanks) and not turn.does(Act.deny):
        return courtesies.farewell(turn)
    if Cue.later in turn.cues:
        return courtesies.thinking_over(turn)
    if Cue.status in turn.cues:
        return matters.status(turn)
    if turn.ordinal is not None and turn.facts.services:
        return services.which(turn)
    return (_reacting(turn) if turn.brief.asks is None else None) or _at_a_loss(turn)


def _reacting(turn: Turn) -> Draft | None:
    """Answer a bare fact, a yes or a no that no question of ours had asked for."""
    number = turn.told(EntityKind.order_number)
    contact = turn.told(EntityKind.phone) or turn.told(EntityKind.email)
    if number:
        return answers.number_noted(turn, number)
    if contact:
        return answers.reach_noted(turn, contact)
    if turn.does(Act.affirm) and (taken := services.accepted(turn)):
        return taken
    if turn.does(Act.affirm) or Cue.help in turn.cues:
        return courtesies.asked_to_help(turn)
    if Cue.calling in turn.cues:
        return courtesies.greeting(turn)
    return courtesies.declined(turn) if turn.does(Act.deny) else None


def _at_a_loss(turn: Turn) -> Draft | None:
    """Own up to not knowing, where a question was understood as one; None where the message was not.

    On a complaint "when ...?" is about the ticket, and by when that is answered is known.
    """
    question, ticket = turn.brief.analysis.question, turn.brief.ticket
    if question.kind == "time" and ticket is not None and turn.brief.persona is PersonaType.complaints:
        return matters.status(turn)
    asked = question.is_question and turn.brief.analysis.language.words >= QUESTION_WORDS
    informed = turn.heard is ConversationIntent.information and question.is_question
    return answers.unknown(turn) if asked or informed else None


def _greeted(turn: Turn, draft: Draft) -> Draft:
    """Greet back before an answer where the message greets as well."""
    if turn.brief.analysis.intent.also(ConversationIntent.greeting):
        greeting = courtesies.greet_back(turn)
        if greeting:
            draft.parts[0] = f"{greeting} {draft.parts[0]}"
    return draft
