"""Messages that the rules doubt: kept before any model is asked, routed by whoever wins, answered once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from callcenter.calls import ConversationIntent, PersonaType
from callcenter.errors import ModelFailed
from callcenter.events import AssistantMessage, Routing, TicketCreated, UserMessage, fold
from callcenter.llm import Failure
from callcenter.llm.second_opinion import SecondOpinion
from callcenter.routing import DoubtReason, Winner
from tests.conversation.house import CALL, house
from tests.llm.asked import USAGE, AskedModel

pytestmark = pytest.mark.unit

DOUBTED = [
    ("the oven you delivered makes a noise that wakes the neighbours", "makes a noise"),
    ("بخصوص الموضوع اللي كلمتكم عنه الأسبوع الماضي", "كلمتكم عنه"),  # about what I talked to you about last week
]
LANGUAGES = ["en", "ar"]


def verdict(words: str, intent: ConversationIntent = ConversationIntent.complaint, confidence: float = 0.9) -> str:
    return json.dumps({"words": [words], "reasoning": "a fault", "intent": intent, "confidence": confidence})


def opinion(*answers: str | Exception | None, seconds: float = 5) -> SecondOpinion:
    return SecondOpinion(AskedModel(*answers), seconds)


class Held(AskedModel):
    """Answers when it is let."""

    def __init__(self, *answers: str) -> None:
        super().__init__(*answers)
        self.asked = asyncio.Event()
        self.go = asyncio.Event()

    async def answer(self, question):
        self.asked.set()
        await self.go.wait()
        return await super().answer(question)


@pytest.mark.parametrize(("text", "words"), DOUBTED, ids=LANGUAGES)
async def test_the_model_wins_where_it_is_sure_and_says_from_which_words(tmp_path, text, words):
    async with house(tmp_path, second_opinion=opinion(verdict(words))) as home:
        turn = await home.says(text)
        decision = turn.routing.decision
        assert decision.opinion is not None
        assert (decision.opinion.winner, decision.opinion.asked_because) == (Winner.model, DoubtReason.low_confidence)
        assert decision.target_persona is PersonaType.complaints
        assert turn.find(TicketCreated) is not None
        assert turn.routing.analysis.intent.evidence[0].text == words
        assert turn.reply is not None
        assert turn.reply.usage == USAGE
        state = await home.store.state(CALL)
        assert state == fold(await home.log())
        assert state.tokens_used == USAGE.tokens
        assert [event.seq for event in turn.events] == list(range(3, 3 + len(turn.events)))


@pytest.mark.parametrize(("text", "words"), DOUBTED, ids=LANGUAGES)
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (ModelFailed(reason=Failure.connection_lost), Failure.connection_lost),
        (None, Failure.total_timeout),
        ("", Failure.empty),
        ("no json", Failure.garbled),
        (verdict("words of its own"), "words_not_in_message"),
    ],
    ids=["failed", "silent", "empty", "garbled", "made up"],
)
async def test_the_rules_stand_where_no_opinion_can_be_followed(tmp_path, text, words, answer, reason):
    del words
    async with house(tmp_path, second_opinion=opinion(answer, seconds=0.05)) as home:
        turn = await home.says(text)
        decision = turn.routing.decision
        assert decision.opinion is not None
        assert (decision.opinion.winner, decision.opinion.reason) == (Winner.rules, reason)
        assert decision.target_persona is PersonaType.reception
        assert turn.reply is not None


async def test_a_plain_message_asks_nobody(tmp_path):
    model = AskedModel()
    async with house(tmp_path, second_opinion=SecondOpinion(model, 5)) as home:
        turn = await home.says("how much is a website?")
        assert turn.routing.decision.opinion is None
        assert model.questions == []


async def test_the_message_is_kept_before_the_model_is_asked(tmp_path):
    model = Held(verdict("makes a noise"))
    async with house(tmp_path, second_opinion=SecondOpinion(model, 5)) as home:
        turn = asyncio.create_task(home.says(DOUBTED[0][0], "m-1"))
        await model.asked.wait()
        assert [event.event for event in await home.log()][2:] == ["user_message"]
        model.go.set()
        assert (await turn).reply is not None


async def test_the_same_message_again_meanwhile_is_answered_once(tmp_path):
    model = Held(verdict("makes a noise"))
    async with house(tmp_path, second_opinion=SecondOpinion(model, 5)) as home:
        first = asyncio.create_task(home.says(DOUBTED[0][0], "m-1"))
        await model.asked.wait()
        again = asyncio.create_task(home.says(DOUBTED[0][0], "m-1"))
        model.go.set()
        one, other = await asyncio.gather(first, again)
        assert one.events == other.events
        assert other.repeated
        assert sum(isinstance(event, Routing) for event in await home.log()) == 1


async def test_messages_are_routed_in_their_order(tmp_path):
    model = Held(verdict("makes a noise"))
    async with house(tmp_path, second_opinion=SecondOpinion(model, 5)) as home:
        first = asyncio.create_task(home.says(DOUBTED[0][0], "m-1"))
        await model.asked.wait()
        second = asyncio.create_task(home.says("it is an oven for a bakery", "m-2"))
        model.go.set()
        await asyncio.gather(first, second)
        log = await home.log()
        assert [event.message_id for event in log if isinstance(event, Routing)] == ["m-1", "m-2"]
        answered = [
            each for event in log if isinstance(event, AssistantMessage) for each in (*event.answers, event.message_id)
        ]
        assert answered == ["m-1", "m-2"]
        assert await home.store.state(CALL) == fold(log)


async def test_a_message_cut_off_before_it_was_routed_is_routed_by_the_rules(tmp_path: Path):
    model = Held()
    async with house(tmp_path, second_opinion=SecondOpinion(model, 5)) as home:
        turn = asyncio.create_task(home.says(DOUBTED[0][0], "m-1"))
        await model.asked.wait()
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        assert isinstance((await home.log())[-1], UserMessage)
    async with house(tmp_path) as home:
        [late] = await home.manager.resume(CALL)
        assert late.routing.decision.opinion is None
        assert late.reply is not None
        state = await home.store.state(CALL)
        assert state.unanswered == ()
        assert state == fold(await home.log())
