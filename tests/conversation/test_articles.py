"""When a call looks into the company's articles, what of it the log keeps, and that a lack of one is collected once."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from callcenter.calls import Language
from callcenter.errors import VoiceFailed
from callcenter.knowledge import Passage
from callcenter.llm import Brief, Completion, CompletionKind, Delta, Piece
from callcenter.llm.offline import OfflineVoice
from tests.conversation.house import COMPANY, Scripted, house

pytestmark = pytest.mark.unit

QUESTION = {Language.ar: "كيف أحصل على تصريح موقف؟", Language.en: "How do I get a parking permit?"}
BOTH = pytest.mark.parametrize("language", Language)


class Shelf:
    """Articles that remember what they were asked, and say one thing on everything."""

    def __init__(self, *, empty: bool = False) -> None:
        self.asked: list[tuple[str, Language]] = []
        self.collected: list[str] = []
        self.empty = empty

    def on_call(self, question, language, analysis, *, collect=True):
        assert analysis.language.words
        self.asked.append((question, language))
        if collect:
            self.collected.append(question)
        return () if self.empty else (passage(language),)


def passage(language: Language) -> Passage:
    return Passage(
        slug="parking",
        title="Parking",
        language=language,
        other_language=False,
        text={Language.ar: "اطلبوا التصريح من الاستقبال.", Language.en: "Ask for it at the reception."}[language],
        start=0,
        highlights=(),
        score=1,
        share=1,
    )


@BOTH
async def test_a_question_is_answered_from_an_article_and_the_log_says_which(tmp_path, language):
    shelf = Shelf()
    async with house(tmp_path, OfflineVoice(COMPANY), language=language, articles=shelf) as home:
        turn = await home.says(QUESTION[language])
        assert passage(language).text in turn.reply.message
        assert turn.reply.sources == ("parking",)
        assert (await home.log())[-1].sources == ("parking",)
    assert shelf.asked == [(QUESTION[language], language)]


@pytest.mark.parametrize(
    "text", ["hello", "السلام عليكم", "8812", "thanks", "my name is Sam", "I want to talk to a person"]
)
async def test_what_is_plainly_no_question_is_not_looked_up(tmp_path, text):
    shelf = Shelf()
    async with house(tmp_path, OfflineVoice(COMPANY), articles=shelf) as home:
        turn = await home.says(text)
    assert shelf.asked == []
    assert turn.reply.sources == ()


async def test_what_the_profile_answers_is_not_looked_up(tmp_path):
    shelf = Shelf()
    async with house(tmp_path, OfflineVoice(COMPANY), articles=shelf) as home:
        await home.says("What are your opening hours?")
    assert shelf.asked == []


async def test_a_lack_is_collected_once_a_message_however_often_the_reply_is_made(tmp_path):
    shelf = Shelf(empty=True)

    async def looking(brief: Brief) -> AsyncGenerator[Piece, None]:
        assert not brief.passages
        assert not brief.passages
        raise VoiceFailed
        yield Delta("")

    async with house(tmp_path, Scripted(looking), OfflineVoice(COMPANY), articles=shelf) as home:
        await home.says(QUESTION[Language.en])
        await home.says("And where do I get a visitor badge?")
    assert shelf.collected == [QUESTION[Language.en], "And where do I get a visitor badge?"]


async def test_a_step_made_anew_collects_nothing_again(tmp_path):
    shelf = Shelf(empty=True)
    async with house(tmp_path, OfflineVoice(COMPANY), articles=shelf) as home:
        await home.says("hello", "m-1")
        async with house(tmp_path, OfflineVoice(COMPANY)) as other:
            await other.says("hello again", "m-2")
        await home.says(QUESTION[Language.en], "m-3")
    assert shelf.collected == [QUESTION[Language.en]]
    assert len(shelf.asked) == 2


async def test_a_model_is_given_passages_and_they_are_its_sources(tmp_path):
    async def speaking(brief: Brief) -> AsyncGenerator[Piece, None]:
        brief.meter.sources = tuple(each.slug for each in brief.passages)
        yield Delta("At the reception.")
        yield Completion(CompletionKind.complete, "model")

    async with house(tmp_path, Scripted(speaking), articles=Shelf()) as home:
        turn = await home.says(QUESTION[Language.en])
    assert turn.reply.sources == ("parking",)


async def test_a_model_that_said_nothing_leaves_no_source(tmp_path):
    async def failing(brief: Brief) -> AsyncGenerator[Piece, None]:
        brief.meter.sources = ("parking",)
        raise VoiceFailed
        yield Delta("")

    async with house(tmp_path, Scripted(failing), OfflineVoice(COMPANY), articles=Shelf()) as home:
        turn = await home.says("What are your opening hours?")
    assert turn.reply.voice == "offline"
    assert turn.reply.sources == ()
