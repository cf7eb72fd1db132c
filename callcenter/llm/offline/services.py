"""Answer about what the company sells: one service, several, all of them; prices, offers, durations, how to start.

The question is answered before anything is suggested, and a figure is only ever the profile's. A message that names no
service means the one asked about last, as long as it asks for something of a service.
"""

from __future__ import annotations

from typing import Final

from callcenter.calls import ConversationIntent
from callcenter.company import Answer, Service
from callcenter.llm.offline import passages
from callcenter.llm.offline.facts import BULLET, ServiceFacts, bullets, quoted
from callcenter.llm.offline.phrases import Cue
from callcenter.llm.offline.turn import REPLY_CHARS, Draft, Turn

ASPECTS: Final = frozenset({Cue.price, Cue.duration, Cue.includes, Cue.steps})
"""What can be asked of a service without naming it."""
_OF_ARTICLES: Final = frozenset({Cue.price, Cue.includes})
"""What "does the price include VAT?" seems to ask, and an article answers better."""
_OF_PROFILE: Final = frozenset({Cue.overview, Cue.offer, Cue.expensive})
"""What the profile's list of services and offers answers."""
FEW: Final = 2
"""So many things stand in a sentence; more make a list."""
NAMED_IN_A_LINE: Final = 3
"""So many services give an idea of what is sold."""
COMPARED: Final = 4
"""A message that names more services than this is answered on the most specific ones."""
CLOSING_ROOM: Final = 70
"""About what the closing question takes."""
INTRODUCTION_CHARS: Final = 100
"""About what an introduction before the reply takes."""


def reply(turn: Turn) -> Draft:
    """Answer about services, whatever the message asks of them."""
    draft = Draft()
    asked = _aspects(turn)
    about = _about(turn, asked)
    if written := _written(turn, asked):
        return written
    article = _article(turn, asked, about)
    if Cue.expensive in turn.cues:
        draft.add(turn.say(turn.lines.price_matters))
    if better_price_wanted(turn):
        draft.add(turn.once(turn.facts.offers or turn.say(turn.lines.no_offer)))
    elif article:
        draft.add(article)
        asked -= _OF_ARTICLES
    elif not about and Cue.sold in turn.cues and Cue.overview not in turn.cues and turn.facts.services:
        return _not_sold(turn)
    if len(about) > 1:
        _several(turn, draft, about[:COMPARED], asked)
    elif about:
        _one(turn, draft, about[0], asked)
    elif draft.parts:
        draft.closing = _ask_service(turn)
    else:
        _all(turn, draft, asked)
    return draft


def _written(turn: Turn, asked: frozenset[Cue]) -> Draft | None:
    """Answer from the articles what is asked beside services: "is the training refundable?"."""
    if not turn.brief.analysis.question.is_question or not _OF_PROFILE.isdisjoint(turn.cues) or asked - _OF_ARTICLES:
        return None
    named = [(each.start, each.end) for each in turn.mentions if isinstance(each.topic, Service)]
    return passages.answer(turn, [*named, *(turn.cues[cue] for cue in asked & turn.cues.keys())])


def better_price_wanted(turn: Turn) -> bool:
    """Whether the customer asks for an offer, or finds the price too high."""
    return Cue.offer in turn.cues or Cue.expensive in turn.cues


def accepted(turn: Turn) -> Draft | None:
    """Answer a yes: with the steps where they were offered, with the way on where they were told; None if neither."""
    service, lines = turn.interest, turn.lines
    if service is None:
        return None
    if service.steps in turn.brief.said:
        return Draft([turn.say(lines.of_course), _way_on(turn, service)])
    if Cue.ok in turn.cues and not turn.just_said(lines.ask_start):
        return None
    draft = Draft()
    _one(turn, draft, service, frozenset({Cue.steps}))
    return draft


def asked_of_one(turn: Turn) -> bool:
    """Whether the message asks something of a service that is known: named, chosen, or in question already."""
    known = bool(turn.services or turn.interest)
    return known and not ASPECTS.isdisjoint(turn.cues) and asks_nothing_else(turn)


def asks_nothing_else(turn: Turn) -> bool:
    """Whether the message comes near no article but general answers to what it asks of a service: "how long ...?"."""
    spans = [turn.cues[cue] for cue in ASPECTS & turn.cues.keys()]
    return all(
        isinstance(each.topic, Answer) and any(start < each.end and each.start < end for start, end in spans)
        for each in turn.articles
    )


def which(turn: Turn) -> Draft:
    """Ask which of the services is meant, where "the second one" has no list before it."""
    names = [each.name for each in turn.facts.services.values()]
    return Draft([turn.say(turn.lines.which_one) + bullets(names)])


def _not_sold(turn: Turn) -> Draft:
    """Say that something is not among the services, and in a line what is."""
    names = [each.name for each in turn.facts.services.values()]
    return Draft([turn.say(turn.lines.not_sold, services=turn.listed(names[:NAMED_IN_A_LINE]))])


def _ask_service(turn: Turn) -> str:
    """Ask which service it is about, once; then say how to tell."""
    lines, services = turn.lines, turn.facts.services
    if services and turn.just_said(lines.ask_service):
        return turn.say(lines.name_one, service=next(iter(services.values())).name)
    return turn.say(lines.ask_service)


def _way_on(turn: Turn, service: ServiceFacts) -> str:
    """Say how to go on from the steps: leave a contact, or, where we have one, have a human take over."""
    known = turn.brief.state.slots.contact is not None
    return turn.say(turn.lines.ready_to_start if known else turn.lines.leave_contact, name=service.name)


def _aspects(turn: Turn) -> frozenset[Cue]:
    """Return what is asked of a service; who asks for a better price gets the offer, and the price in one phrase."""
    asked = ASPECTS & turn.cues.keys()
    if better_price_wanted(turn):
        return asked - {Cue.price}
    return asked | {Cue.price} if turn.brief.analysis.question.kind == "price" else asked


def _article(turn: Turn, asked: frozenset[Cue], about: tuple[ServiceFacts, ...]) -> str | None:
    """Return a policy or frequent answer, where it says more than what is known of a service anyway."""
    question = turn.brief.analysis.question
    if not turn.articles or Cue.overview in turn.cues or Cue.steps in asked:
        return None
    if asked and about and not (question.kind == "whether" and asked <= _OF_ARTICLES):
        return None
    if about and not question.is_question:
        return None
    return turn.once(quoted(turn.articles[0].topic, turn.language))


def _about(turn: Turn, asked: frozenset[Cue]) -> tuple[ServiceFacts, ...]:
    named = turn.services
    training = turn.heard is ConversationIntent.training_interest
    if training and any(service.training for service in named):
        return tuple(service for service in named if service.training)
    if named or training or Cue.overview in turn.cues:
        return named
    return (turn.interest,) if turn.interest and (asked or better_price_wanted(turn)) else ()


def _one(turn: Turn, draft: Draft, service: ServiceFacts, asked: frozenset[Cue]) -> None:
    lines = turn.lines
    draft.closing = _way_on(turn, service) if turn.just_said(lines.ask_start) else turn.say(lines.ask_start)
    if not asked and not draft.parts:
        item = turn.item(service)
        if item is None or service.name not in turn.brief.said:
            draft.add(turn.say(lines.glad) if _welcomes(turn) else "")
            draft.add(turn.say(lines.service, name=service.name, summary=service.summary))
        if item:
            draft.add(turn.say(lines.item, item=item.label, price=item.price))
        else:
            draft.add(turn.say(lines.cost, price=service.price) if service.price else service.note)
        return
    if Cue.price in asked or better_price_wanted(turn):
        _prices(turn, draft, service, listed=bool(asked))
    if Cue.duration in asked:
        draft.add(turn.say(lines.duration, name=service.name, duration=service.duration))
    if Cue.includes in asked:
        draft.add_if_room(turn.say(lines.includes_intro, name=service.name) + service.includes)
    if Cue.steps in asked:
        draft.closing = _way_on(turn, service)
        draft.add_if_room(turn.say(lines.steps_intro, name=service.name) + service.steps)


def _welcomes(turn: Turn) -> bool:
    """Whether a word of pleasure fits: not to the unhappy, and not after an introduction or a greeting."""
    analysis = turn.brief.analysis
    greets = analysis.intent.also(ConversationIntent.greeting)
    return analysis.sentiment.sentiment.valence >= 0 and not turn.brief.introduced and not greets


def _prices(turn: Turn, draft: Draft, service: ServiceFacts, *, listed: bool) -> None:
    lines = turn.lines
    item = turn.item(service)
    if item:
        others = [
            turn.say(lines.item_in_list, item=each.label, price=each.price) for each in service.items if each != item
        ]
        draft.add(turn.say(lines.item, item=item.label, price=item.price))
        draft.add_if_room(turn.say(lines.other_items, items=turn.listed(others)) if others else "")
    elif listed and len(service.prices) > FEW:
        draft.add(turn.say(lines.prices_intro, name=service.name) + bullets(service.prices))
    elif service.price:
        draft.add(turn.say(lines.price, name=service.name, price=service.price))
    if listed or not service.price:
        draft.add_if_room(service.note)


def _several(turn: Turn, draft: Draft, about: tuple[ServiceFacts, ...], asked: frozenset[Cue]) -> None:
    lines = turn.lines
    if Cue.duration in asked:
        draft.add(*(turn.say(lines.duration, name=each.name, duration=each.duration) for each in about))
    elif Cue.price not in asked and len(about) <= FEW:
        for each in about:
            draft.add_if_room(turn.say(lines.service, name=each.name, summary=each.summary))
            draft.add(turn.say(lines.cost, price=each.price) if each.price else each.note)
    else:
        _list(turn, draft, turn.say(lines.price_overview_intro), [_priced(each) for each in about])
    draft.closing = turn.say(lines.ask_closer)


def _all(turn: Turn, draft: Draft, asked: frozenset[Cue]) -> None:
    lines, services = turn.lines, tuple(turn.facts.services.values())
    trainings = tuple(each for each in services if each.training)
    if not services:
        draft.add(turn.facts.about)
        draft.closing = turn.say(lines.human_hint)
        return
    if Cue.steps in asked and Cue.overview not in turn.cues:
        draft.add(turn.once(turn.facts.next_step))
        return
    if turn.heard is ConversationIntent.training_interest and trainings:
        if len(trainings) == 1:
            _one(turn, draft, trainings[0], asked)
            return
        _list(turn, draft, turn.say(lines.trainings_intro), [_priced(each) for each in trainings])
    elif Cue.price in asked:
        _list(turn, draft, turn.say(lines.price_overview_intro), [_priced(each) for each in services])
    else:
        _list(turn, draft, turn.say(lines.overview_intro), [each.name for each in services])
    draft.closing = turn.say(lines.ask_which)


def _list(turn: Turn, draft: Draft, introduction: str, items: list[str]) -> None:
    """Add a list as far as there is room for it, and say so where there is not."""
    more = turn.say(turn.lines.and_more)
    limit = REPLY_CHARS - (INTRODUCTION_CHARS if turn.brief.introduced else 0)
    room = limit - draft.length - len(introduction) - len(more) - CLOSING_ROOM
    kept: list[str] = []
    for item in items:
        room -= len(BULLET) + len(item)
        if room < 0 and kept:
            break
        kept.append(item)
    draft.add(introduction + bullets(kept))
    if len(kept) < len(items):
        draft.add(more)


def _priced(service: ServiceFacts) -> str:
    return f"{service.name}: {service.price or service.note}"
