"""A call follows a service script: each open question once, what is known skipped, and an end that sums it up."""

from __future__ import annotations

import itertools
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.calls import Language, MessageId, Mode, PersonaType, TicketCategory
from callcenter.company import DEMO
from callcenter.conversation import Utterance
from callcenter.conversation.turn import Step
from callcenter.errors import StoreUnavailable
from callcenter.events import (
    AssistantMessage,
    ScriptDropped,
    ScriptStarted,
    ScriptStep,
    TicketCreated,
    fold,
)
from callcenter.llm.offline import OfflineVoice
from callcenter.scripts import Scripts
from callcenter.scripts.folder import read_folder
from tests.conversation.house import CALL, COMPANY, Scripted, house
from tests.factories import call_claimed

pytestmark = pytest.mark.unit

AR, EN = Language.ar, Language.en
OWN = read_folder(DEMO, services={each.id for each in COMPANY.services})
SCRIPTS = Scripts.of(OWN)
OFFLINE = OfflineVoice(COMPANY)
IDS = itertools.count(1)
STEPS = {script.id: [step.id for step in script.steps] for script in OWN}


class Line:
    """One customer on the line of a house that follows scripts."""

    def __init__(self, manager, store, faults):
        self.manager, self.store, self.faults = manager, store, faults
        self.turns = []

    async def says(self, *texts):
        for text in texts:
            self.turns.append(await self.manager.handle(Utterance(CALL, text, MessageId(f"m-{next(IDS)}"))))
        return self.turns[-1]

    async def state(self):
        return await self.manager.state(CALL)

    async def kinds(self):
        return [event.event for event in await self.store.events(CALL)]

    @property
    def asked(self):
        told = [turn.reply.script for turn in self.turns if turn.reply is not None]
        return [each.step_id for each in told if each is not None and each.step_id]


def due_in(brief):
    assert brief.script is not None
    return brief.script.step.id


@asynccontextmanager
async def calling(folder, *voices, language=EN, scripts=lambda: SCRIPTS):
    async with house(folder, *(voices or (OFFLINE,)), language=language, scripts=scripts) as home:
        yield Line(home.manager, home.store, home.faults)


ENGLISH = (
    "I want to build a new website",
    *("an online store", "about ten", "both", "in March", "8000 SAR", "0501234567"),
)
ARABIC = (
    "أريد موقعاً جديداً لشركتي",
    *("متجر إلكتروني", "عشر صفحات تقريباً", "كلتاهما", "في مارس", "٨٠٠٠ ريال", "0501234567"),
)


@pytest.mark.parametrize(("language", "texts"), [(EN, ENGLISH), (AR, ARABIC)])
async def test_a_call_is_asked_each_open_question_once_and_ends_summed_up(tmp_path, language, texts):
    async with calling(tmp_path, language=language) as call:
        last = await call.says(*texts)
        assert call.asked == STEPS["website-brief"]
        end = last.reply.script
        assert (end.step, end.total_steps, end.is_final_step, end.step_id) == (6, 6, True, None)
        assert [turn.reply.script.is_final_step for turn in call.turns] == [False] * 6 + [True]
        for turn, step in zip(call.turns, STEPS["website-brief"], strict=False):
            assert turn.reply.message.endswith(QUESTIONS[step][language])
            assert turn.reply.message.count("؟") + turn.reply.message.count("?") <= 1
        assert "؟" not in last.reply.message
        assert "?" not in last.reply.message
        for told in ("10", "8,000", "0501234567", last.ticket.number, OWN_SCRIPT.closing[language]):
            assert told in last.reply.message
        ticket = last.ticket
        assert (ticket.category, ticket.phone, ticket.persona) == (TicketCategory.callback, "0501234567", "sales")
        assert ticket.subject == OWN_SCRIPT.title[language]
        assert len(ticket.description.splitlines()) == 6
        state = await call.state()
        assert (state.script.done, state.script.active) == (True, False)
        assert state == fold(await call.store.events(CALL))


QUESTIONS = {step.id: step.question for each in OWN for step in each.steps if each.id == "website-brief"}
OWN_SCRIPT = next(each for each in OWN if each.id == "website-brief")


async def test_what_is_known_is_not_asked(tmp_path):
    async with calling(tmp_path) as call:
        await call.says("Hello, something like an online store with 10 pages", "my number is 0501234567")
        started = await call.says("We need a website in Arabic and English for 8000 SAR")
        assert call.asked == ["deadline"]
        assert started.find(ScriptStarted).reason.startswith("phrases “need a website”")
        last = await call.says("by the end of June")
        assert last.reply.script.is_final_step
        assert "10" in last.reply.message


async def test_a_question_in_between_is_answered_first_and_the_script_goes_on_with_its_own(tmp_path):
    async with calling(tmp_path) as call:
        await call.says("I need a new website")
        aside = await call.says("What are your opening hours?")
        assert "9:00" in aside.reply.message
        assert aside.reply.message.endswith(OWN_SCRIPT.steps[0].question[EN])
        await call.says("Where is your office?", "an online store")
        assert call.asked == ["site-kind", "site-kind", "pages", "languages"]
        assert (await call.state()).script.known("site-kind")


@pytest.mark.parametrize(
    ("language", "first", "open_"), [(EN, ENGLISH[:2], "I don't know"), (AR, ARABIC[:2], "لا أعرف")]
)
async def test_an_optional_question_may_be_left_open(tmp_path, language, first, open_):
    async with calling(tmp_path, language=language) as call:
        await call.says(*first, open_)
        assert call.asked == ["site-kind", "pages", "languages"]
        assert [(fact.step, fact.value) for fact in (await call.state()).script.facts][-1] == ("pages", None)


@pytest.mark.parametrize(("language", "first"), [(EN, "I need a new website"), (AR, "أريد موقعاً جديداً")])
async def test_a_required_question_left_open_is_put_once_more_and_no_third_time(tmp_path, language, first):
    later = {EN: "I don't know", AR: "لا أعرف"}[language]
    async with calling(tmp_path, language=language) as call:
        last = await call.says(first, *[later] * 8)
        assert (
            call.asked
            == [
                *(
                    "site-kind",
                    "site-kind",
                    "pages",
                    "languages",
                    "languages",
                    "deadline",
                    "budget",
                    "contact",
                    "contact",
                )
            ][: len(call.asked)]
        )
        assert call.asked.count("contact") >= 1
        assert (await call.state()).script.done
        assert last.reply.script.is_final_step
        assert OWN_SCRIPT.steps[0].label[language] in last.reply.message


async def test_what_comes_after_the_end_is_noted_as_well(tmp_path):
    async with calling(tmp_path) as call:
        await call.says("I need a new website", "tomorrow", "8000 SAR", "in Arabic", "0501234567")
        ended = await call.says("15 pages")
        assert ended.reply.script.is_final_step
        assert "15" in ended.reply.message
        assert "Number of pages: 15" in ended.ticket.description
        assert (await call.says("What are your opening hours?")).reply.script is None


@pytest.mark.parametrize(
    ("text", "reason", "persona"),
    [
        ("This is unacceptable, I am absolutely furious with you!", "upset", PersonaType.complaints),
        ("I'd rather talk to a human please", "human_request", PersonaType.sales),
        ("By the way, the app you built crashes and does not work at all", "other_matter", PersonaType.complaints),
        ("Actually I'm not interested any more", "not_interested", PersonaType.sales),
    ],
)
async def test_what_matters_more_gives_the_script_up_for_good(tmp_path, text, reason, persona):
    async with calling(tmp_path) as call:
        dropped = await call.says("I need a new website", "an online store", text)
        event = dropped.find(ScriptDropped)
        assert (event.reason, event.by, dropped.reply.persona) == (reason, "rules", persona)
        assert dropped.reply.script is None
        later = await call.says("I want to build a new website", "0501234567")
        assert later.reply.script is None
        assert (await call.kinds()).count("script_started") == 1
        assert "online store" in ((await call.state()).slots.description or "")


async def test_a_goodbye_asks_nothing_and_what_comes_back_goes_on(tmp_path):
    async with calling(tmp_path) as call:
        bye = await call.says("I need a new website", "an online store", "thanks, bye")
        assert (bye.reply.script, bye.find(ScriptDropped)) == (None, None)
        again = await call.says("sorry, one more thing: it should be in Arabic and English")
        assert (await call.state()).script.known("languages")
        assert again.reply.script.step_id == "deadline"


async def test_no_script_begins_where_somebody_is_upset_waits_for_a_human_or_came_for_something_else(tmp_path):
    for number, texts in enumerate(
        (
            ("I am furious, your service is a disgrace!", "I want to build a new website"),
            ("I want to talk to a human", "I want to build a new website"),
            ("hello", "what are your opening hours?", "where are you?", "I want to build a new website"),
            ("How much is a website?",),
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with calling(folder) as call:
            last = await call.says(*texts)
            assert (last.reply.script, last.find(ScriptStarted)) == (None, None), texts


async def test_a_script_that_is_archived_meanwhile_is_given_up_and_an_edited_one_goes_on(tmp_path):
    now = [SCRIPTS]
    async with calling(tmp_path, scripts=lambda: now[0]) as call:
        await call.says("I need a new website")
        other = OWN_SCRIPT.altered({"steps": (OWN_SCRIPT.steps[0], OWN_SCRIPT.steps[-1])})
        now[0] = Scripts.of([other])
        on = await call.says("an online store")
        assert (on.reply.script.step_id, on.reply.script.step, on.reply.script.total_steps) == ("contact", 2, 2)
        now[0] = Scripts()
        assert (await call.says("0501234567")).find(ScriptDropped).reason == "archived"


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            EN,
            ("My website is very slow since yesterday", "the checkout page", "phones", "I don't have it", "0501234567"),
        ),
        (AR, ("موقعنا بطيء جداً منذ أمس", "صفحة الدفع", "على الجوال", "ليس عندي", "0501234567")),
    ],
)
async def test_a_fault_is_asked_for_by_the_script_alone_and_put_on_the_ticket_it_opened(tmp_path, language, texts):
    async with calling(tmp_path, language=language) as call:
        last = await call.says(*texts)
        assert call.asked == ["where", "devices", "order", "contact"]
        assert [turn.reply.asks for turn in call.turns] == [None, None, "order_number", "contact", None]
        assert (await call.kinds()).count("ticket_created") == 1
        assert last.ticket.number == call.turns[0].find(TicketCreated).ticket.number
        assert (last.ticket.category, last.ticket.phone) == (TicketCategory.technical, "0501234567")
        assert last.ticket.subject == texts[0]
        for told in texts[1:3]:
            assert told.split()[-1] in last.ticket.description


async def test_a_demand_that_routing_leaves_open_goes_to_whom_the_script_is_for(tmp_path):
    async with calling(tmp_path, language=AR) as call:
        begun = await call.says("ابغى أفتح متجر إلكتروني")
        assert begun.routing.decision.rule == "script"
        assert (begun.reply.persona, begun.handoff.to_persona) == (PersonaType.sales, PersonaType.sales)
        assert (begun.reply.script.id, begun.reply.script.step_id) == ("website-brief", "pages")


async def test_a_turn_of_a_script_is_one_write(tmp_path):
    async with calling(tmp_path) as call:
        await call.says(*ENGLISH)
        assert len(call.faults.steps) == 1 + len(ENGLISH)


async def test_a_restart_loses_no_place(tmp_path):
    async with calling(tmp_path) as call:
        await call.says(*ENGLISH[:3])
    async with calling(tmp_path) as call:
        last = await call.says(*ENGLISH[3:])
        assert call.asked == ["deadline", "budget", "contact"]
        assert last.reply.script.is_final_step
        assert (await call.state()) == fold(await call.store.events(CALL))


async def test_a_message_cut_off_by_a_crash_is_answered_with_the_question_that_was_due(tmp_path):
    slow = Scripted()
    async with calling(tmp_path, slow) as call:
        call.faults.before = 0

        async def append(step, kept=call.faults.append):
            if any(isinstance(event, AssistantMessage) for event in step.events):
                raise StoreUnavailable
            await kept(step)

        call.faults.append = append
        with pytest.raises(StoreUnavailable):
            await call.says("I need a new website")
    async with calling(tmp_path) as call:
        [turn] = await call.manager.resume(CALL)
        assert turn.reply.script.step_id == "site-kind"
        assert turn.reply.message.endswith(OWN_SCRIPT.steps[0].question[EN])


async def test_a_voice_that_does_not_put_the_question_is_told_of_it_again(tmp_path):
    voice = Scripted()
    async with calling(tmp_path, voice) as call:
        turn = await call.says("I need a new website")
        assert due_in(voice.briefs[-1]) == "site-kind"
        assert voice.briefs[-1].asks is None
        assert (turn.reply.script.step_id, (await call.state()).script.asked) == (None, ())
        await call.says("hm")
        assert due_in(voice.briefs[-1]) == "site-kind"


async def test_while_a_human_has_the_call_nothing_is_asked_and_what_is_told_is_noted(tmp_path):
    async with calling(tmp_path) as call:
        await call.says("I need a new website")

        def claim(state, _tickets):
            step = Step(state=state)
            step.add(call_claimed(CALL, seq=step.next_seq, at=state.updated_at))
            return step

        await call.manager.act(CALL, claim)
        turn = await call.says("an online store with 12 pages")
        assert turn.reply is None
        assert turn.find(ScriptStep).facts
        state = await call.state()
        assert (state.mode, state.script.active, state.script.known("pages")) == (Mode.human, True, True)


ANSWERS = {
    "site-kind": ("an online store", "متجر إلكتروني"),
    "pages": ("10 pages", "10 صفحات"),
    "languages": ("in Arabic and English", "بالعربية والإنجليزية"),
    "deadline": ("tomorrow", "غداً"),
    "budget": ("8000 SAR", "8000 ريال"),
    "contact": ("my number is 0501234567", "رقمي 0501234567"),
}


@given(order=st.permutations(sorted(ANSWERS)), arabic=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_in_any_order_of_answers_no_question_is_put_twice_and_all_come_to_an_end(tmp_path_factory, order, arabic):
    language = AR if arabic else EN
    async with calling(tmp_path_factory.mktemp("call"), language=language) as call:
        await call.says("أريد موقعاً جديداً" if arabic else "I need a new website")
        await call.says(*(ANSWERS[step][arabic] for step in order))
        state = await call.state()
        assert len(call.asked) == len(set(call.asked)) <= len(STEPS["website-brief"]) + 2
        assert state.script.done
        assert call.turns[-1].reply.script.is_final_step
        assert {fact.step for fact in state.script.facts} == set(ANSWERS)
        assert state == fold(await call.store.events(CALL))
