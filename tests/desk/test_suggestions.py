"""What agents make of suggested replies is told by comparing texts, once each, and no suggestion gets into a call."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from callcenter.calls import ActionName, Language, LocalizedText, MessageId, SuggestionId
from callcenter.conversation.copilot.suggesting import SuggestedAction, Suggestion
from callcenter.desk import AgentDesk
from callcenter.desk.likeness import verdict_on
from callcenter.errors import CallEnded, NothingToAnswer, SuggestionNotFound, VoiceFailed
from callcenter.events import AgentMessage, SuggestionUsed, SuggestionVerdict
from callcenter.llm import Completion, CompletionKind, Delta
from tests.conversation.house import CALL, Scripted, house
from tests.desk.suggested import suggestions_of
from tests.desk.test_agent_desk import MONA, OMAR, Clock, desk_of

pytestmark = pytest.mark.contract

ASKED = {Language.ar: "كيف يمكنني إلغاء طلبي؟", Language.en: "How can I cancel my order?"}
VERDICTS = SuggestionVerdict


@asynccontextmanager
async def at_desk(folder, *voices, language=Language.en, recognise=None):
    """A call that Mona has, on which the customer has asked something; drafts by these voices."""
    async with house(folder, language=language) as home:
        clock = Clock()
        desk: AgentDesk = desk_of(home, clock)
        desk.suggestions = suggestions_of(home, clock, *voices, recognise=recognise)
        await desk.claim(CALL, MONA)
        await home.says(ASKED[language], "m-1")
        yield home, desk


async def suggested(desk, agent=MONA):
    *pieces, whole = [
        frame async for frame in desk.suggestions.suggest(await desk.suggestions.awaited(CALL), agent.name)
    ]
    assert isinstance(whole, Suggestion)
    return pieces, whole


async def used(home):
    return [event for event in await home.log() if isinstance(event, SuggestionUsed)]


@pytest.mark.parametrize(
    ("suggested", "said", "named", "verdict", "alike"),
    [
        ("You may cancel.", " You  may\ncancel. ", True, VERDICTS.sent, 1.0),
        ("يمكنكم الإلغاء.", "\u2067يمكنكم الإلغاء.\u2069", True, VERDICTS.sent, 1.0),
        ("You may cancel.", "You may cancel.", False, VERDICTS.sent, 1.0),
        ("You may cancel today.", "You may cancel tomorrow.", True, VERDICTS.edited, 0.75),
        ("يمكنكم إلغاء الطلب اليوم", "يمكنكم إلغاء الطلب غدًا", True, VERDICTS.edited, 0.75),
        ("You may cancel.", "Hello, Mona here!", False, VERDICTS.ignored, 0.0),
        ("You may cancel.", "Hello, Mona here!", True, VERDICTS.edited, 0.0),
        ("word " * 700, "word " * 500, True, VERDICTS.edited, 0.8333),
    ],
)
def test_what_became_of_a_suggestion_is_told_by_its_words(suggested, said, named, verdict, alike):
    assert verdict_on(suggested, said, named=named) == (verdict, alike)


@pytest.mark.parametrize("language", Language)
async def test_a_suggestion_answers_in_the_calls_language_with_passages_and_actions_and_changes_nothing(
    tmp_path, language
):
    wanted = SuggestedAction(
        action=ActionName.cancel_order, arguments={}, summary=LocalizedText(ar="إلغاء طلب", en="Cancel an order")
    )
    async with at_desk(tmp_path, language=language, recognise=lambda *_: (wanted,)) as (home, desk):
        before = await home.log()
        pieces, whole = await suggested(desk)
        assert whole.text == "".join(piece.delta for piece in pieces).strip()
        assert {piece.suggestion_id for piece in pieces} == {whole.suggestion_id}
        assert (whole.call_id, whole.message_id, whole.language, whole.voice) == (CALL, "m-1", language, "offline")
        assert whole.actions == (wanted,)
        assert (whole.passages[0].slug, whole.passages[0].language) == ("cancel-order", language)
        assert [each.slug for each in whole.passages if each.used] == ["cancel-order"], "what it rests on"
        assert await home.log() == before


async def test_messages_in_a_row_are_answered_together(tmp_path):
    briefs = []

    async def noting(brief):
        briefs.append(brief)
        yield Delta("Both.")
        yield Completion(CompletionKind.complete, "model-x")

    async with at_desk(tmp_path, Scripted(noting)) as (home, desk):
        await home.says("And what does it cost?", "m-2")
        _, whole = await suggested(desk)
        assert (whole.message_id, whole.text, whole.voice) == ("m-2", "Both.", "model-x")
        assert briefs[-1].text == "How can I cancel my order?\nAnd what does it cost?"
        await desk.reply(CALL, MONA, "One moment.")
        await home.says("Thanks", "m-3")
        await suggested(desk)
        assert briefs[-1].text == "Thanks"
        assert [line.text for line in briefs[-1].history][-2:] == ["And what does it cost?", "One moment."]


async def test_a_voice_that_breaks_amid_a_suggestion_is_stood_in_for_by_the_offline_one(tmp_path):
    async def breaking(_brief):
        yield Delta("Half a ")
        raise VoiceFailed(reason="connection_lost")

    async with at_desk(tmp_path, Scripted(breaking)) as (_, desk):
        pieces, whole = await suggested(desk)
        assert [piece.delta for piece in pieces] == ["Half a "], "what follows counts, not what was shown by then"
        assert whole.voice == "offline"
        assert "Half a" not in whole.text


async def test_an_agent_speaks_and_hears_while_a_suggestion_is_in_the_making(tmp_path):
    begun, never = asyncio.Event(), asyncio.Event()

    async def held(_brief):
        yield Delta("one ")
        begun.set()
        await never.wait()

    async with at_desk(tmp_path, Scripted(held)) as (home, desk):
        making = asyncio.ensure_future(suggested(desk))
        await begun.wait()
        async with asyncio.timeout(5):
            await desk.reply(CALL, MONA, "I'm looking.")
            await home.says("thank you", "m-2")
            await desk.release(CALL, MONA)
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)
        assert await used(home) == []


@pytest.mark.parametrize(
    ("change", "named", "verdict"),
    [
        (lambda text: f" {text} ", True, VERDICTS.sent),
        (lambda text: text + " Mona", True, VERDICTS.edited),
        (lambda _: "Let me look.", False, VERDICTS.ignored),
    ],
)
async def test_a_reply_tells_what_became_of_the_suggestion_before_the_agent(tmp_path, change, named, verdict):
    async with at_desk(tmp_path) as (home, desk):
        _, whole = await suggested(desk)
        said = change(whole.text)
        await desk.reply(CALL, MONA, said, suggestion_id=whole.suggestion_id if named else None)
        message, event = (await home.log())[-2:]
        assert isinstance(message, AgentMessage)
        assert isinstance(event, SuggestionUsed)
        assert (event.verdict, event.suggestion_id, event.voice) == (verdict, whole.suggestion_id, "offline")
        assert (event.agent, event.similarity == 1) == (MONA.name, verdict is VERDICTS.sent)
        assert event.sources == ("cancel-order",)
        assert 0 < event.seconds < 1
        await desk.reply(CALL, MONA, "Anything else?", suggestion_id=whole.suggestion_id)
        assert len(await used(home)) == 1, "decided on once"


async def test_what_the_customer_has_overtaken_is_not_counted_as_ignored_but_may_still_be_sent(tmp_path):
    async with at_desk(tmp_path) as (home, desk):
        _, first = await suggested(desk)
        await home.says("And what does it cost?", "m-2")
        await desk.reply(CALL, MONA, "One moment.")
        assert await used(home) == []
        await desk.reply(CALL, MONA, first.text, suggestion_id=first.suggestion_id)
        assert [event.verdict for event in await used(home)] == [VERDICTS.sent]


async def test_a_suggestion_is_dismissed_once_by_whom_it_was_shown_to(tmp_path):
    async with at_desk(tmp_path) as (home, desk):
        _, whole = await suggested(desk)
        for agent, wanted in ((OMAR, whole.suggestion_id), (MONA, SuggestionId("S-99"))):
            with pytest.raises(SuggestionNotFound):
                await desk.dismiss(CALL, agent, wanted)
        await desk.dismiss(CALL, MONA, whole.suggestion_id, reason="السعر قديم")
        with pytest.raises(SuggestionNotFound):
            await desk.dismiss(CALL, MONA, whole.suggestion_id)
        await desk.reply(CALL, MONA, whole.text)
        (event,) = await used(home)
        assert (event.verdict, event.reason, event.similarity) == (VERDICTS.dismissed, "السعر قديم", None)


async def test_an_id_that_is_not_known_any_more_keeps_no_agent_from_speaking(tmp_path):
    async with at_desk(tmp_path) as (home, desk):
        await desk.reply(CALL, MONA, "Hello.", suggestion_id=SuggestionId("S-before-the-restart"))
        assert (await home.log())[-1].event == "agent_message"


async def test_a_reply_sent_twice_under_one_id_is_said_once(tmp_path):
    async with at_desk(tmp_path) as (home, desk):
        _, whole = await suggested(desk)
        twice = [
            desk.reply(CALL, MONA, whole.text, suggestion_id=whole.suggestion_id, reply_id=MessageId("r-1"))
            for _ in range(2)
        ]
        cards = await asyncio.gather(*twice)
        assert cards[0] == cards[1]
        assert [event.event for event in (await home.log())[-2:]] == ["agent_message", "suggestion_used"]
        assert len(await used(home)) == 1
        await desk.release(CALL, MONA)
        await desk.reply(CALL, MONA, whole.text, reply_id=MessageId("r-1"))  # the answer was lost on its way, perhaps
        assert [event.event for event in await home.log()].count("agent_message") == 1


async def test_a_call_that_nobody_spoke_on_or_that_is_over_gets_no_suggestion(tmp_path):
    async with house(tmp_path) as home:
        desk = desk_of(home, Clock())
        with pytest.raises(NothingToAnswer):
            await desk.suggestions.awaited(CALL)
        await home.says("hello", "m-1")
        await home.manager.end(CALL, reason="over")
        with pytest.raises(CallEnded):
            await desk.suggestions.awaited(CALL)
