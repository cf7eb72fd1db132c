"""Asking for a score in the farewell, whatever voice speaks, and hearing the answer as that and nothing else."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from callcenter.calls import Language
from callcenter.errors import VoiceFailed
from callcenter.events import CsatAsked, CsatGiven, TicketCreated, TransferRequested
from callcenter.llm import Brief, Completion, CompletionKind, Delta, Piece
from callcenter.llm.offline import OfflineVoice
from tests.conversation.house import COMPANY, PERSONAS, House, Scripted, house

pytestmark = pytest.mark.unit

QUESTION = {"ar": "ما هي أوقات العمل؟", "en": "What are your opening hours?"}
BYE = {"ar": "شكراً، مع السلامة", "en": "Thanks, bye"}
ASK = {language: PERSONAS.rating_question(Language(language)) for language in ("ar", "en")}


async def saying(_brief: Brief) -> AsyncGenerator[Piece, None]:
    yield Delta("Said.")
    yield Completion(CompletionKind.complete, "scripted")


async def failing_at_once(_brief: Brief) -> AsyncGenerator[Piece, None]:
    raise VoiceFailed
    yield Delta("")


def voices(kind: str) -> tuple[Scripted | OfflineVoice, ...]:
    offline = OfflineVoice(COMPANY)
    return (offline,) if kind == "offline" else (Scripted(saying), offline)


async def said(home: House, *messages: str) -> list[str]:
    replies = [(await home.says(each)).reply for each in messages]
    return [reply.message if reply else "" for reply in replies]


@pytest.mark.parametrize("kind", ["offline", "model"])
@pytest.mark.parametrize("language", QUESTION)
async def test_a_farewell_asks_once_and_the_answer_is_thanked_for(tmp_path: Path, language: str, kind: str) -> None:
    async with house(tmp_path, *voices(kind), language=Language(language)) as home:
        first, bye, thanked, again = await said(home, QUESTION[language], BYE[language], "٥", BYE[language])
        assert [ASK[language] in each for each in (first, bye, thanked, again)] == [False, True, False, False]
        assert bye.endswith(ASK[language])
        assert thanked == PERSONAS.rating_thanks(5, Language(language), changed=False, bare=True)
        log = await home.log()
        asked = [event for event in log if isinstance(event, CsatAsked)]
        assert [(event.message, event.language) for event in asked] == [(None, Language(language))]
        assert log[asked[0].seq].event == "assistant_message", "the reply that asks comes right behind"
        (given,) = [event for event in log if isinstance(event, CsatGiven)]
        assert (given.score, given.comment, given.given_by) == (5, None, "customer")
        assert (await home.store.state(given.call_id)).satisfaction == 5


async def test_a_model_is_not_asked_to_thank_and_says_nothing_of_scores(tmp_path: Path) -> None:
    model = Scripted(saying)
    async with house(tmp_path, model, OfflineVoice(COMPANY)) as home:
        await said(home, QUESTION["en"], BYE["en"], "4 stars")
        assert [brief.text for brief in model.briefs] == [QUESTION["en"], BYE["en"]]
        assert [brief.asks_rating for brief in model.briefs] == [False, True]


@pytest.mark.parametrize(
    ("language", "messages"),
    [
        ("en", ("bye",)),
        ("en", ("Your website crashed and I am very angry!", "thanks, bye")),
        ("ar", ("الموقع لا يعمل وأنا غاضب جداً", "شكراً، مع السلامة")),
        ("en", ("I want to talk to a human", "thanks")),
        ("ar", ("أريد التحدث مع موظف", "شكرا")),
        ("en", ("The delivery of the app is three weeks late", "thanks")),  # a number is asked for
    ],
)
async def test_who_was_not_answered_is_angry_waits_or_is_asked_for_a_fact_is_left_alone(
    tmp_path: Path, language: str, messages: tuple[str, ...]
) -> None:
    async with house(tmp_path, OfflineVoice(COMPANY), language=Language(language)) as home:
        assert all(ASK[language] not in reply for reply in await said(home, *messages))


@pytest.mark.parametrize("number", ["5", "٥"])
async def test_a_number_is_no_score_before_it_was_asked_for_nor_long_after(tmp_path: Path, number: str) -> None:
    async with house(tmp_path, OfflineVoice(COMPANY)) as home:
        await said(home, QUESTION["en"], number, BYE["en"], "how much is a website?", number)
        assert not [event for event in await home.log() if isinstance(event, CsatGiven)]


async def test_a_score_is_corrected_once(tmp_path: Path) -> None:
    async with house(tmp_path, OfflineVoice(COMPANY), language=Language.ar) as home:
        await said(home, QUESTION["ar"], BYE["ar"], "ممتاز")
        first, changed, third = await said(home, "٣", "لا، قصدي ٤", "٥")
        assert first == PERSONAS.rating_thanks(3, Language.ar, changed=False, bare=True)
        assert changed == PERSONAS.rating_thanks(4, Language.ar, changed=True, bare=True)
        assert "5" not in third
        assert [event.score for event in await home.log() if isinstance(event, CsatGiven)] == [3, 4]


@pytest.mark.parametrize(
    ("language", "low", "way"), [("en", "very bad, 1", "I want a human"), ("ar", "سيئ جدا ١", "أريد موظفًا")]
)
async def test_a_low_score_says_how_to_get_a_human_and_is_no_complaint(
    tmp_path: Path, language: str, low: str, way: str
) -> None:
    async with house(tmp_path, OfflineVoice(COMPANY), language=Language(language)) as home:
        *_, answer = await said(home, QUESTION[language], BYE[language], low)
        assert way in answer
        assert not [event for event in await home.log() if isinstance(event, TicketCreated)]
        assert (await home.says(way)).find(TransferRequested) is not None


@pytest.mark.parametrize(
    ("language", "message"),
    [("en", "2, my website is broken and keeps crashing"), ("ar", "٢، الموقع معطل ولا يعمل")],
)
async def test_a_score_with_a_complaint_is_thanked_for_and_answered(
    tmp_path: Path, language: str, message: str
) -> None:
    async with house(tmp_path, OfflineVoice(COMPANY), language=Language(language)) as home:
        await said(home, QUESTION[language], BYE[language])
        turn = await home.says(message)
        assert turn.find(TicketCreated) is not None
        given = turn.find(CsatGiven)
        assert given is not None
        assert (given.score, given.comment) == (2, message)
        assert turn.reply is not None
        assert turn.reply.message.startswith(PERSONAS.rating_thanks(2, Language(language), changed=False, bare=False))


async def test_a_reply_that_no_voice_could_give_asks_for_no_score(tmp_path: Path) -> None:
    async with house(tmp_path, Scripted(saying)) as home:
        await home.says(QUESTION["en"])
    async with house(tmp_path, Scripted(failing_at_once)) as home:
        turn = await home.says(BYE["en"], "m-2")
        assert turn.reply is not None
        assert (turn.reply.asks_rating, turn.find(CsatAsked)) == (False, None)


async def test_asking_and_answering_cost_one_append_each(tmp_path: Path) -> None:
    async with house(tmp_path, OfflineVoice(COMPANY)) as home:
        await home.says(QUESTION["en"])
        before = len(home.faults.steps)
        await said(home, BYE["en"], "5")
        assert len(home.faults.steps) == before + 2
