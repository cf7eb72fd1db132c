"""The queue: urgent first, then the angrier customer, then whoever has waited longest; and it says why."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls import CallId, Language, PersonaType, PriorityLevel, Sentiment
from callcenter.queues import Waiting, in_order, suits, waiting_of
from tests.factories import NOON, after, call_claimed, call_ended, call_started, greeting, state_of, transfer_requested

pytestmark = pytest.mark.unit

WAITING = st.builds(
    Waiting,
    call_id=st.integers(1, 99).map(lambda number: CallId(f"CALL-{number:02}")),
    customer_name=st.just(None),
    language=st.sampled_from(Language),
    queue=st.sampled_from(PersonaType),
    priority=st.sampled_from(PriorityLevel),
    sentiment=st.sampled_from(Sentiment),
    since=st.integers(0, 600).map(after),
)
CALLS = st.lists(WAITING, max_size=12, unique_by=lambda call: call.call_id)


def waiting(
    call_id="CALL-1",
    *,
    priority=PriorityLevel.high,
    sentiment=Sentiment.neutral,
    seconds=0,
    language=Language.ar,
    queue=PersonaType.complaints,
):
    return Waiting(
        call_id=CallId(call_id),
        customer_name="علي",
        language=language,
        queue=queue,
        priority=priority,
        sentiment=sentiment,
        since=after(seconds),
    )


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (waiting("B", priority=PriorityLevel.urgent, seconds=9), waiting("A", sentiment=Sentiment.angry), "priority"),
        (waiting("B", sentiment=Sentiment.angry, seconds=9), waiting("A", sentiment=Sentiment.frustrated), "anger"),
        (waiting("B", sentiment=Sentiment.frustrated, seconds=9), waiting("A", sentiment=Sentiment.negative), "anger"),
        (waiting("B", sentiment=Sentiment.positive), waiting("A", sentiment=Sentiment.negative, seconds=1), "age"),
        (waiting("A"), waiting("B"), "id"),
    ],
)
def test_who_comes_first_and_why(first, second, why):
    places = in_order([second, first], now=after(60))
    assert [place.call_id for place in places] == [first.call_id, second.call_id]
    assert places[0].reasoning.endswith(f"; before {second.call_id} by {why}")
    assert "before" not in places[1].reasoning
    assert places[0].waits_seconds == (after(60) - first.since).total_seconds()


@given(CALLS, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_calls_come(calls, random):
    shuffled = random.sample(calls, len(calls))
    assert in_order(calls, now=NOON) == in_order(shuffled, now=NOON)


@given(CALLS)
def test_everybody_has_one_place_and_nobody_waits_behind_a_lesser_call(calls):
    places = in_order(calls, now=after(700))
    assert sorted(place.call_id for place in places) == sorted(call.call_id for call in calls)
    assert [place.position for place in places] == list(range(1, len(calls) + 1))
    for one, other in pairwise(places):
        assert one.priority.rank >= other.priority.rank
        if (one.priority, one.sentiment) == (other.priority, other.sentiment):
            assert one.since <= other.since


@given(CALLS, st.sets(st.sampled_from(Language)), st.sets(st.sampled_from(PersonaType)))
def test_a_filter_leaves_the_order_as_it_is(calls, languages, skills):
    wanted = {call.call_id for call in calls if suits(call, languages=languages, skills=skills)}
    whole = [place.call_id for place in in_order(calls, now=NOON) if place.call_id in wanted]
    assert [each.call_id for each in in_order(calls, now=NOON, languages=languages, skills=skills)] == whole


def test_a_call_suits_by_language_and_skill():
    call = waiting(language=Language.ar, queue=PersonaType.sales)
    assert suits(call, languages=(), skills=())
    assert suits(call, languages=[Language.ar], skills=[PersonaType.sales])
    assert not suits(call, languages=[Language.en], skills=())
    assert not suits(call, languages=(), skills=[PersonaType.complaints])


def test_a_call_waits_from_its_request_until_a_human_has_it_or_it_ends():
    events = (call_started(), greeting(), transfer_requested(seq=3, at=after(5)))
    assert waiting_of(state_of(*events[:2])) is None
    found = waiting_of(state_of(*events))
    assert found is not None
    assert (found.since, found.priority, found.queue) == (after(5), PriorityLevel.high, PersonaType.reception)
    assert waiting_of(state_of(*events, call_claimed(seq=4))) is None
    assert waiting_of(state_of(*events, call_ended(seq=4))) is None
    assert found.since - NOON == timedelta(seconds=5)
