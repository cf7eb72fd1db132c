"""What every store promises, asked of a journal whose primary goes away with the first step.

LEFT_OUT names each test of what a journal alone can't promise, and says why.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.calls import CallId
from callcenter.errors import InvalidRequest, StoreUnavailable
from callcenter.store import Append, Store
from tests.contracts import test_store as promised
from tests.contracts.stores import OpenStore
from tests.contracts.test_store import ASKED
from tests.factories import CALL, call_started, opening, state_of
from tests.store.away import Fault, Place

pytestmark = pytest.mark.contract

LEFT_OUT = {
    "lists, of which a part is no list": (
        "test_a_cursor_of_another_list_is_refused",
        "test_a_cursor_of_another_order_is_refused",
        "test_a_list_of_calls_holds_what_was_asked_for",
        "test_a_list_of_tickets_holds_what_was_asked_for",
        "test_a_list_that_fits_its_page_has_no_next",
        "test_a_step_that_no_log_could_take_is_a_bug",
        "test_an_agents_tickets_are_found_by_the_name",
        "test_any_id_names_what_it_names",
        "test_calls_of_one_moment_are_paged_too",
        "test_close_finishes_what_was_begun",
        "test_lists_follow_the_moment_not_the_writing_of_a_time",
        "test_pages_by_due_time_join_without_gap_or_repeat",
        "test_pages_of_calls_join_without_gap_or_repeat",
        "test_pages_of_tickets_join_without_gap_or_repeat",
        "test_pages_stay_put_while_calls_come_in",
        "test_tickets_that_are_overdue_are_told_from_those_in_time",
        "test_times_of_any_zone_keep_their_moment",
    ),
    "changes of tickets, which can wait": (
        "test_a_call_is_loaded_with_its_tickets_and_the_end_of_its_log",
        "test_a_change_of_an_old_version_is_refused",
        "test_a_change_that_changes_nothing_leaves_no_trace",
        "test_a_status_that_cannot_follow_is_refused",
        "test_a_turn_on_a_ticket_that_an_agent_changed_is_retried",
        "test_an_agent_changes_a_ticket",
        "test_more_of_a_log_than_there_is_loads_all_of_it",
        "test_one_of_many_agents_wins_a_version",
    ),
    "erasure and restoring, which must be whole": (
        "test_a_call_moves_from_store_to_store_as_it_is",
        "test_a_call_that_is_here_already_is_left_alone",
        "test_a_ticket_number_that_is_taken_keeps_the_whole_call_out",
        "test_an_erased_call_leaves_nothing_and_takes_nobody_elses",
        "test_an_erased_id_may_begin_anew",
        "test_another_call_of_the_same_id_is_not_overwritten",
        "test_results_go_with_their_call_and_records_stay",
        "test_what_is_no_whole_call_is_refused",
    ),
    "what is not at hand may still exist": (
        "test_a_lone_surrogate_in_a_question_is_answered_cleanly",
        "test_a_step_cannot_run_ahead_of_the_log",
        "test_an_unknown_call_is_not_found",
        "test_an_unknown_ticket_is_not_found",
        "test_text_that_cannot_be_kept_is_refused_cleanly",
    ),
}


@pytest.fixture
async def open_store(tmp_path: Path) -> AsyncIterator[OpenStore]:
    place = Place(tmp_path)

    async def open_store() -> Store:
        store, door = await place.open()
        door.faults["append"] = Fault.before
        return store

    yield open_store
    await place.close()


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    return await open_store()


_PROMISES = {name: test for name, test in vars(promised).items() if name.startswith("test_")}
_WITHOUT = {name for names in LEFT_OUT.values() for name in names}
globals().update({name: test for name, test in _PROMISES.items() if name not in _WITHOUT})


def test_nothing_is_left_out_that_is_not_promised() -> None:
    assert _PROMISES.keys() >= _WITHOUT
    assert len(_PROMISES) - len(_WITHOUT) > 20


@pytest.mark.parametrize(
    "method",
    [
        *(
            "calls",
            "tickets",
            "change_ticket",
            "comment_ticket",
            "merge_tickets",
            "erase",
            "restore",
            "load",
            "state",
            "events",
            "ticket",
        ),
        *("add_key", "keys", "key_used", "remove_key", "analytics"),
        *("articles", "articles_kept", "article_versions", "save_article", "note_gap", "gaps"),
        *("scripts", "scripts_kept", "script_versions", "save_script"),
        *("sync_records", "record_counts", "records", "record", "performed", "perform"),
    ],
)
async def test_what_is_not_at_hand_is_unavailable_while_the_primary_is_away(store: Store, method: str) -> None:
    await store.append(opening("CALL-2"))
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await ASKED[method](store)


@pytest.mark.parametrize("name", ["\ud800", "a\x00b"], ids=ascii)
async def test_what_no_store_could_keep_is_refused_while_the_primary_is_away(store: Store, name: str) -> None:
    await store.append(opening("CALL-2"))
    bad = call_started().model_copy(update={"customer_name": name})
    with pytest.raises(InvalidRequest):
        await store.append(Append(call_id=CALL, expected_seq=0, events=(bad,), state=state_of(call_started())))
    with pytest.raises(ValueError, match="the step of"):
        await store.append(Append(call_id=CALL, expected_seq=0, events=(), state=opening().state))
    assert (await store.state(CallId("CALL-2"))).seq == 2
