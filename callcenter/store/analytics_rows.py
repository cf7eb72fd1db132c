"""Between figures and SQL: the question as values of a statement, the answer from the rows that it returns.

Every store answers with the same rows: group, figure, key, whole number. What isn't among them is 0, or None where
0 would say something else. Days are cut here, so that no database needs to know time zones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.calls import Channel, ConversationIntent, Language, PersonaType, Sentiment
from callcenter.events import Outcome, SuggestionVerdict
from callcenter.store.analytics import (
    CATEGORIES,
    AgentTaking,
    Analytics,
    AnalyticsFilter,
    CallFigures,
    CopilotFigures,
    Delay,
    Figures,
    MessageFigures,
    Mood,
    Promises,
    Quarters,
    ReplyFigures,
    Satisfaction,
    Share,
    Split,
    TicketFigures,
    TokenFigures,
)
from callcenter.store.rows import time_text

AnalyticsRow = tuple[str, str, str, int]
"""Group, figure, key, value; durations are microseconds, shares are millionths."""

_ALL: Final = ""
"""The group where there is only one."""
_SCORES: Final = tuple(str(score) for score in range(1, 6))


def question(wanted: AnalyticsFilter, now: datetime) -> dict[str, object]:
    """Return what the statement is given: times as columns hold them, `spans` of [label, from, until]."""
    return {
        "spans": [[label, time_text(start), time_text(stop)] for label, start, stop in _spans(wanted)],
        "by": wanted.by.value if wanted.by else _ALL,
        "language": wanted.language.value if wanted.language else None,
        "channel": wanted.channel.value if wanted.channel else None,
        "persona": wanted.persona.value if wanted.persona else None,
        "now": time_text(now),
    }


def answer(wanted: AnalyticsFilter, rows: Sequence[AnalyticsRow]) -> Analytics:
    """Return the figures that rows tell of."""
    found: defaultdict[str, defaultdict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for group, figure, key, value in rows:
        found[group][figure][key] = value
    return Analytics(
        **{name: getattr(wanted, name) for name in AnalyticsFilter.model_fields},
        groups=tuple(_figures(label, found[label]) for label in _labels(wanted)),
    )


def _spans(wanted: AnalyticsFilter) -> list[tuple[str, datetime, datetime]]:
    """Return the days of the period, the first and the last cut where it begins and ends; the whole, if not by day."""
    if wanted.by is not Split.day:
        return [(_ALL, wanted.started_from, wanted.started_until)]
    zone = ZoneInfo(wanted.time_zone)
    spans = []
    day = wanted.started_from.astimezone(zone).date()
    start = wanted.started_from
    while start < wanted.started_until:
        following = day + timedelta(days=1)
        midnight = datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)
        stop = min(midnight, wanted.started_until)
        spans.append((day.isoformat(), start, stop))
        day, start = following, stop
    return spans


def _labels(wanted: AnalyticsFilter) -> list[str]:
    match wanted.by:
        case None:
            return [_ALL]
        case Split.day:
            return [label for label, _, _ in _spans(wanted)]
        case Split.language:
            return [wanted.language] if wanted.language else [*Language]
        case Split.persona:
            return [wanted.persona] if wanted.persona else [*PersonaType]
        case Split.channel:
            return [wanted.channel] if wanted.channel else [*Channel]


def _figures(label: str, found: Mapping[str, dict[str, int]]) -> Figures:
    calls, replies = found["calls"], found["replies"]
    spoken = calls.get("spoken", 0)
    return Figures(
        group=label or None,
        calls=CallFigures(
            started=calls.get("started", 0),
            ended=calls.get("ended", 0),
            spoken=spoken,
            outcomes={each: found["outcomes"].get(each, 0) for each in Outcome},
        ),
        messages=MessageFigures(**{name: found["messages"].get(name, 0) for name in MessageFigures.model_fields}),
        intents={each: found["intents"].get(each, 0) for each in ConversationIntent},
        sentiment=Quarters(
            first=_mood(found["sentiment_1"]),
            second=_mood(found["sentiment_2"]),
            third=_mood(found["sentiment_3"]),
            fourth=_mood(found["sentiment_4"]),
        ),
        handoffs={
            one: {other: found["handoffs"].get(f"{one}>{other}", 0) for other in PersonaType if other is not one}
            for one in PersonaType
        },
        containment=_share(calls.get("contained", 0), calls.get("over", 0)),
        escalation=_share(calls.get("escalated", 0), spoken),
        transfer=_share(calls.get("transferred", 0), spoken),
        claimed=_share(calls.get("claimed", 0), spoken),
        human_wait=_delay(found["human_wait"]),
        first_response=_delay(found["first_response"]),
        response=_delay(found["response"]),
        tickets=_tickets(found),
        satisfaction=_satisfaction(found["scores"]),
        replies=ReplyFigures(
            count=replies.get("count", 0),
            offline=replies.get("offline", 0),
            model=replies.get("model", 0),
            apology=replies.get("apology", 0),
            wrong_language=_share(replies.get("wrong_language", 0), replies.get("asked", 0)),
            asked_again=_share(replies.get("asked_again", 0), replies.get("asked", 0)),
        ),
        tokens=_tokens(found["tokens"]),
        copilot=_copilot(found),
    )


def _mood(counts: Mapping[str, int]) -> Mood:
    messages = sum(counts.values())
    valence = sum(each.valence * counts.get(each, 0) for each in Sentiment)
    return Mood(
        messages=messages,
        valence=round(valence / messages, 2) if messages else None,
        sentiments={each: counts.get(each, 0) for each in Sentiment},
    )


def _tickets(found: Mapping[str, dict[str, int]]) -> TicketFigures:
    tickets, categories = found["tickets"], found["categories"]
    met, breached = tickets.get("met", 0), tickets.get("breached", 0)
    return TicketFigures(
        opened=tickets.get("opened", 0),
        settled=tickets.get("settled", 0),
        categories={
            each: categories.get(each, 0) for each in sorted(CATEGORIES, key=lambda each: -categories.get(each, 0))
        },
        first_response=_delay(found["ticket_response"]),
        resolution=_delay(found["ticket_resolution"]),
        sla=Promises(
            met=met, breached=breached, waiting=tickets.get("waiting", 0), rate=_share(met, met + breached).rate
        ),
    )


def _satisfaction(scores: Mapping[str, int]) -> Satisfaction:
    count = sum(scores.values())
    total = sum(int(score) * number for score, number in scores.items())
    return Satisfaction(
        count=count,
        average=round(total / count, 2) if count else None,
        scores={each: scores.get(each, 0) for each in _SCORES},
    )


def _tokens(tokens: Mapping[str, int]) -> TokenFigures:
    counted = tokens.get("replies", 0)
    priced = counted > 0 and tokens.get("priced", 0) == counted
    return TokenFigures(
        input=tokens.get("input") if counted else None,
        cached=tokens.get("cached") if counted else None,
        output=tokens.get("output") if counted else None,
        cost_microusd=tokens.get("cost_microusd") if priced else None,
    )


def _copilot(found: Mapping[str, dict[str, int]]) -> CopilotFigures:
    agents: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for key, count in found["copilot_agents"].items():
        verdict, _, agent = key.partition(":")
        agents[agent][verdict] = count
    alike = found["copilot_similarity"].get("p50")
    return CopilotFigures(
        **_verdicts(found["copilot"]),
        acceptance=_acceptance(found["copilot"]),
        edit_similarity=None if alike is None else round(alike / 1_000_000, 4),
        decision=_delay(found["copilot_decision"]),
        agents=tuple(
            AgentTaking(agent=agent, **_verdicts(counts), acceptance=_acceptance(counts))
            for agent, counts in sorted(agents.items())
        ),
    )


def _verdicts(counts: Mapping[str, int]) -> dict[str, int]:
    return {each.value: counts.get(each, 0) for each in SuggestionVerdict}


def _acceptance(counts: Mapping[str, int]) -> Share:
    taken = counts.get(SuggestionVerdict.sent, 0) + counts.get(SuggestionVerdict.edited, 0)
    return _share(taken, sum(counts.values()))


def _share(count: int, of: int) -> Share:
    return Share(count=count, of=of, rate=round(count / of, 4) if of else None)


def _delay(micros: Mapping[str, int]) -> Delay:
    return Delay(
        count=micros.get("count", 0),
        p50_seconds=_seconds(micros.get("p50")),
        p95_seconds=_seconds(micros.get("p95")),
    )


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else round(micros / 1_000_000, 3)
