from __future__ import annotations

import pytest

from callcenter.llm import Failure
from callcenter.llm.breaker import (
    FAILURES,
    FIRST_SECONDS,
    LONGEST_SECONDS,
    PROVIDER_FAILURES,
    SHARE,
    Breaker,
    BreakerState,
)

pytestmark = pytest.mark.unit


def failing(breaker: Breaker, times: int = 1, *, now: float = 0.0, reason: Failure = Failure.server_error) -> None:
    for _ in range(times):
        attempt = breaker.attempt(now)
        assert attempt is not None
        attempt.failed(reason, now)


def opened() -> Breaker:
    breaker = Breaker()
    failing(breaker, FAILURES)
    return breaker


def test_it_opens_after_enough_failures_in_a_row():
    breaker = Breaker()
    failing(breaker, FAILURES - 1)
    assert breaker.state(0) is BreakerState.closed
    failing(breaker)
    assert breaker.state(0) is BreakerState.open
    assert breaker.reason is Failure.server_error
    assert breaker.attempt(0) is None


def test_success_starts_the_count_anew():
    breaker = Breaker()
    failing(breaker, FAILURES - 1)
    attempt = breaker.attempt(0)
    assert attempt is not None
    attempt.succeeded()
    assert breaker.reason is None
    failing(breaker, FAILURES - 1)
    assert breaker.state(0) is BreakerState.closed


@pytest.mark.parametrize(
    ("under_way", "failures"),
    [(1, FAILURES), (SHARE * FAILURES, FAILURES), (SHARE * (FAILURES + 1) + FAILURES, FAILURES + 1), (200, 41)],
)
def test_early_failures_of_many_at_once_open_it_only_if_they_are_a_good_share(under_way: int, failures: int):
    breaker = Breaker()
    attempts = [breaker.attempt(0) for _ in range(under_way)]
    failed = 0
    while breaker.state(0) is BreakerState.closed:
        attempt = attempts.pop() if attempts else breaker.attempt(0)
        assert attempt is not None
        attempt.failed(Failure.server_error, 0)
        failed += 1
    assert failed == failures


@pytest.mark.parametrize("ending", ["succeeded", "dropped"])
def test_what_has_ended_is_under_way_no_more(ending: str):
    breaker = Breaker()
    for attempt in [breaker.attempt(0) for _ in range(200)]:
        assert attempt is not None
        attempt.succeeded() if ending == "succeeded" else attempt.dropped()
    failing(breaker, FAILURES)
    assert breaker.state(0) is BreakerState.open


def test_refused_key_opens_it_at_once():
    breaker = Breaker()
    failing(breaker, reason=Failure.key_refused)
    assert breaker.state(0) is BreakerState.open
    assert breaker.reason is Failure.key_refused


@pytest.mark.parametrize("reason", sorted(set(Failure) - PROVIDER_FAILURES))
def test_what_is_about_one_reply_does_not_count(reason: Failure):
    breaker = Breaker()
    failing(breaker, FAILURES * 2, reason=reason)
    assert breaker.state(0) is BreakerState.closed
    assert breaker.reason is None


def test_one_probe_at_a_time_looks_whether_it_is_well():
    breaker = opened()
    assert breaker.attempt(FIRST_SECONDS - 0.001) is None
    assert breaker.state(FIRST_SECONDS) is BreakerState.half_open
    probe = breaker.attempt(FIRST_SECONDS)
    assert probe is not None
    assert breaker.attempt(FIRST_SECONDS) is None
    probe.succeeded()
    assert breaker.state(FIRST_SECONDS) is BreakerState.closed


def test_dropped_probe_makes_room_for_the_next():
    breaker = opened()
    probe = breaker.attempt(FIRST_SECONDS)
    assert probe is not None
    probe.dropped()
    assert breaker.attempt(FIRST_SECONDS) is not None


def test_each_failed_probe_doubles_the_time_up_to_a_bound():
    breaker, now, waited = opened(), 0.0, []
    for _ in range(6):
        began = now
        while (probe := breaker.attempt(now)) is None:
            now += 1
        waited.append(now - began)
        probe.failed(Failure.server_error, now)
    assert waited == [10, 20, 40, 80, LONGEST_SECONDS, LONGEST_SECONDS]


def test_success_forgets_how_long_it_was_open():
    breaker = opened()
    failing(breaker, now=FIRST_SECONDS)
    probe = breaker.attempt(FIRST_SECONDS * 3)
    assert probe is not None
    probe.succeeded()
    failing(breaker, FAILURES, now=100)
    assert breaker.state(100 + FIRST_SECONDS) is BreakerState.half_open


def test_failures_that_were_under_way_do_not_keep_it_open():
    breaker = Breaker()
    late = breaker.attempt(0)
    failing(breaker, FAILURES)
    assert late is not None
    late.failed(Failure.server_error, FIRST_SECONDS - 1)
    assert breaker.state(FIRST_SECONDS) is BreakerState.half_open


def test_first_word_on_an_attempt_counts():
    breaker = Breaker()
    failing(breaker, FAILURES - 1)
    attempt = breaker.attempt(0)
    assert attempt is not None
    attempt.succeeded()
    attempt.failed(Failure.server_error, 0)
    attempt.dropped()
    assert breaker.reason is None
