"""The state of a call is the fold of its log; transcript and figures are read from the same log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticSerializationError

from callcenter.calls import (
    REPLIES_KNOWN,
    TREND_LENGTH,
    ActionCode,
    ActionName,
    ConversationIntent,
    ConversationState,
    Language,
    Mode,
    PersonaType,
    PriorityLevel,
    ProposalStatus,
    ScriptProgress,
    Sentiment,
    Slot,
    Slots,
    TicketCategory,
    TokenUsage,
    Value,
)
from callcenter.events import (
    EVENT_KINDS,
    EVENTS,
    AssistantDelta,
    CallEvent,
    CallTransferred,
    Correction,
    CorrectionAction,
    Outcome,
    ReleaseReason,
    Verdict,
    evolve,
    fold,
    overall_sentiment,
    shown_to_customer,
    statistics,
    transcript,
)
from callcenter.events.frame import Frame
from callcenter.tickets import Ticket
from tests.factories import (
    MESSAGE,
    NOON,
    TICKET,
    action_decided,
    action_proposed,
    action_run,
    after,
    agent_message,
    analysis,
    assistant_message,
    call_claimed,
    call_ended,
    call_released,
    call_started,
    call_transferred,
    csat_asked,
    csat_given,
    decision,
    escalation,
    greeting,
    handoff,
    internal_note,
    proposal,
    routing,
    script_completed,
    script_dropped,
    script_started,
    script_step,
    state_of,
    suggestion_used,
    ticket,
    ticket_created,
    ticket_updated,
    tool_called,
    transfer_requested,
    user_message,
    wrap_up,
)

pytestmark = pytest.mark.unit


def a_whole_call() -> tuple[CallEvent, ...]:
    events: tuple[CallEvent, ...] = (
        call_started(),
        greeting(),
        user_message(),
        routing(),
        handoff(),
        escalation(),
        transfer_requested(),
        ticket_created(),
        assistant_message(at=after(3), asks=Slot.contact),
        ticket_updated(ticket(), seq=1),
        tool_called(seq=1),
        script_started(seq=1),
        script_step(seq=1),
        script_completed(seq=1),
        script_dropped(seq=1),
        action_proposed(seq=1, of=proposal(proposed_by="mona@company.example")),
        action_decided(seq=1),
        action_run(seq=1),
        call_claimed(seq=1),
        agent_message(seq=1),
        internal_note(seq=1),
        suggestion_used(seq=1),
        call_transferred(seq=1, to_agent="omar@company.example"),
        call_released(seq=1),
        wrap_up(seq=1),
        csat_asked(seq=1),
        csat_given(seq=1, given_by="mona@company.example"),
        call_ended(seq=1, at=after(60), outcome=Outcome.ticket_open),
    )
    return tuple(event.altered({"seq": seq}) for seq, event in enumerate(events, 1))


def test_every_kind_of_event_survives_json():
    events = a_whole_call()
    assert {event.event for event in events} == set(EVENT_KINDS)
    for event in events:
        assert EVENTS.validate_json(event.model_dump_json()) == event


def test_json_is_written_as_pydantic_writes_it():
    events = a_whole_call()
    for value in (*events, state_of(*events), ticket(), *(state_of(*events[:end]) for end in range(1, len(events)))):
        assert value.as_json() == value.model_dump_json()


def models_in(hint: object) -> Iterator[type[Value]]:
    if isinstance(hint, type) and issubclass(hint, Value):
        yield hint
        for field in hint.model_fields.values():
            yield from models_in(field.annotation)
    for part in get_args(hint):
        yield from models_in(part)


def test_what_is_kept_is_made_of_plain_fields():
    """As `as_json` asks for: a cached property would be written like a field."""
    models: set[type[Value]] = {Ticket, AssistantDelta, *models_in(CallEvent), *models_in(ConversationState)}
    for model in models:
        made = model.__pydantic_decorators__
        assert {**made.field_serializers, **made.model_serializers, **made.computed_fields} == {}
        assert not any(each.alias or each.serialization_alias or each.exclude for each in model.model_fields.values())
        cached = {name for each in model.__mro__ for name, what in vars(each).items() if type(what) is cached_property}
        assert cached == ({"json_text"} if issubclass(model, Frame) else set())


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.datetimes(NOON.replace(year=2000, tzinfo=None), timezones=st.timezones()),
)
def test_any_text_and_time_is_written_as_pydantic_writes_it(text, at):
    event = user_message(message=text, at=at)
    assert event.as_json() == event.model_dump_json()


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**70)])
def test_a_number_of_any_size_is_written(number):
    ran = action_run(seq=1)
    huge = ran.altered({"result": ran.result.altered({"data": {"number": number}})})
    assert huge.as_json() == huge.model_dump_json()


def test_json_that_was_written_before_is_no_field_of_a_ticket_or_event():
    created = ticket_created()
    text = created.json_text
    assert created.as_json() == created.json_text == text


def test_half_a_character_is_refused():
    with pytest.raises(PydanticSerializationError):
        user_message(message="\ud800").as_json()


def test_a_whole_call_folds_into_its_state():
    state = state_of(*a_whole_call())
    assert state.seq == len(a_whole_call())
    assert (state.message_count, state.user_message_count) == (5, 1)
    assert state.personas_used == (PersonaType.reception, PersonaType.complaints)
    assert (state.previous_persona, state.current_persona) == (PersonaType.reception, PersonaType.complaints)
    assert (state.handoff_count, state.escalation_count) == (1, 1)
    assert not state.human_requested
    assert (state.mode, state.agent, state.waiting_since) == (Mode.ai, None, None)
    assert (state.ticket, state.tickets) == (TICKET, (TICKET,))
    assert state.ticket_category is TicketCategory.technical
    assert state.slots.asked == (Slot.contact,)
    assert not state.collecting
    assert state.unanswered == ()
    assert state.conversation_duration_seconds == 60
    assert state.outcome == "ticket_open"
    assert state.ended


@given(st.integers(0, len(a_whole_call()) - 1))
def test_folding_in_two_parts_is_folding_at_once(cut):
    events = a_whole_call()
    assert fold(events[cut:], fold(events[:cut])) == fold(events)


def test_an_action_waits_until_it_is_decided_and_is_kept_until_it_is_run():
    proposed = state_of(call_started(), greeting(), user_message(), action_proposed(seq=4))
    assert [(each.id, each.status) for each in proposed.proposals] == [("P-1", ProposalStatus.pending)]
    approved = evolve(proposed, action_decided(seq=5))
    (waits,) = approved.proposals
    assert (waits.status, waits.decided_by) == (ProposalStatus.approved, "mona@company.example")
    run = evolve(approved, action_run(seq=6))
    assert (run.proposals, run.actions_done) == ((), (ActionName.cancel_order,))
    assert run.message_count == approved.message_count + 1


@pytest.mark.parametrize("verdict", [Verdict.denied, Verdict.expired])
def test_an_action_that_is_not_approved_waits_no_longer(verdict):
    proposed = state_of(call_started(), greeting(), user_message(), action_proposed(seq=4))
    refused = evolve(proposed, action_decided(seq=5, verdict=verdict, message="تعذّر ذلك."))
    assert (refused.proposals, refused.actions_done) == ((), ())
    assert refused.message_count == proposed.message_count + 1


def test_an_action_that_lacks_a_fact_waits_for_it_and_a_wrong_order_is_counted():
    asked = state_of(call_started(), greeting(), user_message())
    lacking = action_run(seq=4, code=ActionCode.incomplete, missing=("order_number",), proposal_id=None, message=None)
    waits = evolve(asked, lacking)
    assert waits.pending_action is not None
    assert waits.pending_action.missing == ("order_number",)
    assert waits.message_count == asked.message_count
    none = evolve(waits, action_run(seq=5, code=ActionCode.nothing_found, proposal_id=None))
    assert (none.pending_action, none.failed_lookups, none.actions_done) == (None, 1, ())


def test_what_was_done_stands_in_the_transcript_where_no_reply_tells_it():
    events = (call_started(), greeting(), user_message(), action_run(seq=4), action_run(seq=5, message=None))
    assert [line.content for line in transcript(events).messages][2:] == ["أُلغي الطلب ORD1001."]
    assert statistics(events).assistant_messages == transcript(events).statistics.assistant_messages == 2


def test_a_call_remembers_the_last_ids_of_what_humans_said():
    state = state_of(call_started(), greeting())
    for number in range(REPLIES_KNOWN + 1):
        state = evolve(state, agent_message(seq=3 + number).altered({"reply_id": f"r-{number}"}))
    assert state.agent_replies == tuple(f"r-{number}" for number in range(1, REPLIES_KNOWN + 1))
    assert evolve(state, agent_message(seq=state.seq + 1)).agent_replies == state.agent_replies


def test_a_human_has_the_call_from_the_claim_to_the_release():
    waiting = state_of(call_started(), greeting(), user_message(), transfer_requested(seq=4))
    assert (waiting.mode, waiting.waiting_since, waiting.waiting_priority) == (Mode.ai, NOON, PriorityLevel.high)
    assert waiting.unanswered == ("m-1",)
    claimed = evolve(waiting, call_claimed(seq=5, at=after(9)))
    assert (claimed.mode, claimed.agent, claimed.claimed_at) == (Mode.human, "mona@company.example", after(9))
    assert (claimed.waiting_since, claimed.unanswered) == (None, ())
    told = evolve(claimed, user_message(seq=6, message_id="m-2"))
    assert told.unanswered == ()
    spoken = evolve(told, agent_message(seq=7))
    released = evolve(spoken, call_released(seq=8, to_persona=PersonaType.sales))
    assert (released.mode, released.agent, released.current_persona) == (Mode.ai, None, PersonaType.sales)
    assert released.waiting_since is None
    assert evolve(released, user_message(seq=9, message_id="m-3")).unanswered == ("m-3",)


@pytest.mark.parametrize(
    "back", [call_released(seq=6), call_transferred(seq=6, to_queue=PersonaType.sales)], ids=["released", "queued"]
)
def test_what_a_human_left_unanswered_is_a_personas_to_answer(back):
    claimed = state_of(call_started(), greeting(), user_message(), call_claimed(seq=4))
    assert (claimed.unanswered, claimed.unheard) == ((), (MESSAGE,))
    asked = evolve(claimed, user_message(seq=5, message_id="m-2"))
    left = evolve(asked, back)
    assert (left.unanswered, left.unheard) == ((MESSAGE, "m-2"), ())
    answered = evolve(evolve(asked, agent_message(seq=6)), back.altered({"seq": 7}))
    assert (answered.unanswered, answered.unheard) == ((), ())


def test_a_call_whose_human_is_gone_waits_urgently():
    claimed = state_of(call_started(), greeting(), call_claimed(seq=3))
    gone = evolve(claimed, call_released(seq=4, at=after(5), reason=ReleaseReason.vanished, waits=True))
    assert (gone.mode, gone.waiting_since, gone.waiting_priority) == (Mode.ai, after(5), PriorityLevel.urgent)
    assert gone.waiting_queue is PersonaType.complaints


def test_a_transferred_call_is_with_whom_it_was_given_to():
    claimed = state_of(call_started(), greeting(), call_claimed(seq=3))
    omar = evolve(claimed, call_transferred(seq=4, to_agent="omar@company.example"))
    assert (omar.mode, omar.agent, omar.agent_name) == (Mode.human, "omar@company.example", "عمر")
    queued = evolve(claimed, call_transferred(seq=4, to_queue=PersonaType.sales))
    assert (queued.mode, queued.agent, queued.waiting_queue) == (Mode.ai, None, PersonaType.sales)
    persona = evolve(claimed, call_transferred(seq=4, to_persona=PersonaType.sales))
    assert (persona.mode, persona.current_persona, persona.waiting_since) == (Mode.ai, PersonaType.sales, None)


def test_a_customer_never_reads_what_is_the_desks_own():
    shown = [shown_to_customer(event) for event in a_whole_call()]
    assert {event.event for event in shown if event} == set(EVENT_KINDS) - {
        "internal_note",
        *("script_started", "script_step", "script_completed", "script_dropped"),
        "suggestion_used",
        "wrap_up",
    }
    words = "".join(event.json_text for event in shown if event)
    assert "company.example" not in words
    assert "customer is right" not in words
    assert [event.packet for event in shown if isinstance(event, CallTransferred)] == [None]


def test_a_score_is_asked_for_given_and_corrected_once():
    asked = state_of(call_started(), greeting(), user_message(), csat_asked(seq=4), assistant_message(seq=5))
    assert (asked.rating_asked, asked.rating_turns, asked.satisfaction) == (True, 2, None)
    later = evolve(evolve(asked, user_message(seq=6)), routing(seq=7, said=analysis(intent=ConversationIntent.other)))
    assert later.rating_turns == 1
    elsewhere = evolve(
        evolve(asked, user_message(seq=6)), routing(seq=7, said=analysis(intent=ConversationIntent.complaint))
    )
    assert elsewhere.rating_turns == 0
    given = evolve(later, csat_given(seq=8, score=2, comment="slow"))
    assert (given.satisfaction, given.satisfaction_comment, given.rating_turns) == (2, "slow", 1)
    changed = evolve(given, csat_given(seq=9, score=5))
    assert (changed.satisfaction, changed.satisfaction_comment) == (5, None)
    assert (changed.ratings, changed.rating_turns) == (2, 0)
    over = evolve(changed, call_ended(seq=10))
    assert over.satisfaction == 5, "the end takes no score away"
    assert evolve(over, csat_given(seq=11, score=1)).satisfaction == 1


def test_a_question_in_a_line_of_its_own_is_part_of_what_was_said():
    line = "ما تقييمكم لخدمتنا؟"
    events = (call_started(), greeting(), user_message(), csat_asked(seq=4, message=line), call_ended(seq=5))
    said = transcript(events)
    assert [each.content for each in said.messages][-1] == line
    assert said.statistics.total_messages == statistics(events).total_messages == 3
    assert len(transcript((call_started(), greeting(), csat_asked(seq=3))).messages) == 1


def test_a_script_is_folded_with_what_was_collected_and_asked():
    said = assistant_message(seq=6).altered(
        {"script": ScriptProgress(id="website-brief", step=2, total_steps=6, is_final_step=False, step_id="pages")}
    )
    followed = state_of(call_started(), greeting(), user_message(), script_started(seq=4), script_step(seq=5), said)
    assert (followed.asking, followed.collecting) == (True, False)
    assert followed.script is not None
    assert followed.script.active
    assert (followed.script.step, followed.script.asked, followed.script.known("site-kind")) == (
        "pages",
        ("pages",),
        True,
    )
    changed = evolve(followed, script_step(seq=7, asks=None, value="landing-page")).script
    assert changed is not None
    assert [fact.value for fact in changed.facts] == ["landing-page"]
    assert not evolve(followed, assistant_message(seq=7)).asking
    assert not evolve(followed, agent_message(seq=7)).asking
    done, dropped = (evolve(followed, event).script for event in (script_completed(seq=7), script_dropped(seq=7)))
    assert done is not None
    assert dropped is not None
    assert (done.active, done.done, done.dropped) == (False, True, None)
    assert (dropped.active, dropped.done, dropped.dropped) == (False, False, "upset")
    assert dropped.facts == followed.script.facts


def test_the_first_messages_are_remembered_and_then_forgotten():
    heard = [user_message(seq=seq, message_id=f"m-{seq}", message=f"message {seq}") for seq in (3, 4, 5, 6)]
    assert state_of(call_started(), greeting(), *heard[:3]).opening == ("message 3", "message 4", "message 5")
    assert state_of(call_started(), greeting(), *heard).opening == ()


def test_an_empty_log_has_no_state():
    assert fold(()) is None


@pytest.mark.parametrize("seq", [1, 2, 4, 9])
def test_an_event_out_of_order_is_refused(seq):
    with pytest.raises(ValueError, match="can't follow"):
        evolve(state_of(call_started(), greeting()), user_message(seq=seq))


def test_a_log_that_does_not_begin_is_refused():
    with pytest.raises(ValueError, match="can't follow"):
        evolve(None, user_message(seq=1))


def test_a_message_is_unanswered_until_its_own_answer():
    asked = state_of(call_started(), greeting(), user_message(), user_message(seq=4, message_id="m-2"))
    assert asked.unanswered == (MESSAGE, "m-2")
    assert evolve(asked, assistant_message(seq=5, message_id="m-2")).unanswered == (MESSAGE,)


def test_the_name_and_number_of_the_caller_are_known_from_the_start():
    state = state_of(call_started(customer_name="علي", phone="+966500000000"))
    assert state.slots == Slots(name="علي", phone="+966500000000")


def test_a_handoff_ends_collecting_and_counts_turns_anew():
    before = state_of(
        call_started(), greeting(), user_message(), assistant_message(seq=4, asks=Slot.contact), user_message(seq=5)
    )
    assert (before.collecting, before.turns_with_persona) == (True, 2)
    moved = evolve(before, handoff(seq=6))
    assert (moved.collecting, moved.turns_with_persona) == (False, 0)


def test_thin_messages_in_the_other_language_are_counted_until_one_in_ours():
    english = routing(decided=decision(language=Language.ar), said=analysis("ok sure", language=Language.en))
    state = state_of(call_started(), greeting(), user_message(), english)
    assert state.other_language_turns == 1
    state = evolve(state, user_message(seq=5, message_id="m-2"))
    assert evolve(state, routing(seq=6)).other_language_turns == 0


def test_the_trend_is_bounded():
    state = state_of(call_started(), greeting())
    for count in range(TREND_LENGTH + 3):
        state = evolve(state, user_message(seq=3 + 2 * count, message_id=f"m-{count}"))
        state = evolve(state, routing(seq=4 + 2 * count, message_id=f"m-{count}"))
    assert len(state.sentiment_trend) == TREND_LENGTH


@pytest.mark.parametrize(
    ("trend", "expected"),
    [
        ((), Sentiment.neutral),
        ((Sentiment.angry,), Sentiment.angry),
        ((Sentiment.neutral, Sentiment.neutral), Sentiment.neutral),
        ((Sentiment.angry, Sentiment.positive), Sentiment.neutral),
        ((Sentiment.angry, Sentiment.neutral), Sentiment.negative),
        ((Sentiment.neutral, Sentiment.angry), Sentiment.frustrated),
        ((Sentiment.angry, Sentiment.positive, Sentiment.positive, Sentiment.positive), Sentiment.positive),
    ],
)
def test_the_newest_words_weigh_most(trend, expected):
    assert overall_sentiment(trend) is expected


def test_a_transcript_has_what_was_said_in_order():
    spoken = transcript(a_whole_call())
    assert [line.role for line in spoken.messages] == ["assistant", "user", "assistant", "assistant", "assistant"]
    assert [line.persona for line in spoken.messages] == [
        PersonaType.reception,
        None,
        PersonaType.complaints,
        None,
        None,
    ]
    assert [line.agent for line in spoken.messages] == [None, None, None, None, "منى"]
    assert spoken.statistics.model_dump(mode="json") == {
        "satisfaction": 4,
        "total_messages": 5,
        "user_messages": 1,
        "assistant_messages": 4,
        "personas_used": ["reception", "complaints"],
    }


def test_figures_are_read_from_the_log():
    figures = statistics(a_whole_call())
    assert figures.duration_seconds == timedelta(seconds=60).total_seconds()
    assert (figures.total_messages, figures.user_messages, figures.assistant_messages) == (5, 1, 4)
    assert figures.agent_messages == 1
    assert [point.sentiment for point in figures.sentiment_progression] == [Sentiment.negative]
    assert [point.reason for point in figures.escalations] == ["customer is angry"]
    assert figures.ticket_created
    assert figures.outcome == "ticket_open"
    assert figures.started_at == NOON
    assert figures.ended_at == after(60)


def test_figures_say_which_voices_spoke_and_what_they_cost():
    reply = assistant_message(message="أهلاً بك.")
    mended = Correction(fault="unknown_price", action=CorrectionAction.replaced)
    read = TokenUsage(input_tokens=900, cached_tokens=800, output_tokens=40, cost_microusd=250)
    figures = statistics(
        placed(
            reply.altered({"voice": "model-b", "usage": read, "corrections": (mended, mended)}),
            reply,
            # A model was asked and failed: it had read, and the offline voice spoke.
            reply.altered({"voice_reason": "rate_limited", "usage": TokenUsage(input_tokens=100, cost_microusd=7)}),
            reply.altered({"voice": "model-a", "corrections": (mended,)}),
        )
    )
    assert list(figures.voices.items()) == [("model-b", 1), ("offline", 2), ("model-a", 1)]
    assert figures.corrections == 3
    assert figures.usage == TokenUsage(input_tokens=1000, cached_tokens=800, output_tokens=40, cost_microusd=257)


def test_a_cost_that_is_known_in_part_is_not_told():
    priced = assistant_message().altered({"usage": TokenUsage(input_tokens=1, cost_microusd=7)})
    guessed = assistant_message().altered({"usage": TokenUsage(input_tokens=2, estimated=True)})
    usage = statistics(placed(priced, guessed)).usage
    assert usage == TokenUsage(input_tokens=3, cost_microusd=None, estimated=True)


def test_a_call_without_a_model_has_no_usage():
    figures = statistics(a_whole_call())
    assert (figures.usage, figures.voices, figures.corrections) == (None, {"offline": 1}, 0)
    unanswered = statistics((call_started(), greeting(), user_message()))
    assert (unanswered.usage, unanswered.voices, unanswered.corrections) == (None, {}, 0)


def placed(*events: CallEvent) -> tuple[CallEvent, ...]:
    """Return a call's log in which these follow the greeting."""
    return (call_started(), greeting(), *(event.altered({"seq": seq}) for seq, event in enumerate(events, start=3)))
