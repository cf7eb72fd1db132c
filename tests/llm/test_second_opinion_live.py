"""Asking for a second opinion over the wire, by either API, from a server that does to us what servers do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from callcenter.calls import ConversationIntent, Language
from callcenter.llm import Failure, Model
from callcenter.llm.fake_openai import NOT_JSON, Answer, FakeOpenAI, Inserted, Usage, says, serve
from callcenter.llm.openai_chat import ChatModel
from callcenter.llm.openai_client import OpenAIClient
from callcenter.llm.openai_responses import ResponsesModel
from callcenter.llm.second_opinion import SecondOpinion
from callcenter.opinions import ModelVerdict, NoVerdict

pytestmark = pytest.mark.live

TEXTS = {Language.ar: "سحبتوا المبلغ مرتين من حسابي", Language.en: "you took the amount twice from my account"}
QUOTES = {Language.ar: "المبلغ مرتين", Language.en: "the amount twice"}


def an_answer(language: Language, **changed: object) -> str:
    fields = {"words": [QUOTES[language]], "reasoning": "charged twice", "intent": "complaint", "confidence": 0.9}
    return json.dumps(fields | changed, ensure_ascii=False)


@pytest.fixture
def fake() -> FakeOpenAI:
    return FakeOpenAI()


@pytest.fixture(params=[ResponsesModel, ChatModel])
async def model(request: pytest.FixtureRequest, fake: FakeOpenAI) -> AsyncIterator[Model]:
    async with serve(fake) as url:
        client = OpenAIClient(api_key="key", base_url=url, connect_seconds=20, read_seconds=20)
        made: Model = request.param(client, model="small")
        yield made
        await made.close()


@pytest.mark.parametrize("language", Language)
async def test_an_opinion_comes_with_what_it_cost(fake, model, language):
    fake.script(Answer(pieces=(an_answer(language),), usage=Usage(input_tokens=900, output_tokens=60)))
    verdict = await SecondOpinion(model, 20).ask(TEXTS[language])
    assert isinstance(verdict, ModelVerdict)
    assert (verdict.intent, verdict.words) == (ConversationIntent.complaint, (QUOTES[language],))
    assert (verdict.usage.input_tokens, verdict.usage.output_tokens) == (900, 60)
    (asked,) = fake.requests
    assert json.loads(asked.last_user_message)["message"] == TEXTS[language]
    assert asked.schema


async def test_the_server_of_its_own_accord_is_too_unsure_to_be_followed(model):
    verdict = await SecondOpinion(model, 20).ask(TEXTS[Language.en])
    assert isinstance(verdict, ModelVerdict)
    assert verdict.confidence < 0.6


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (says("I'd say it is a complaint."), Failure.garbled),
        (says(an_answer(Language.en, intent="rant")), Failure.garbled),
        (Answer(refusal="I can't help with that."), Failure.refused),
        (Answer(), Failure.empty),
        (Answer(pieces=('{"intent": "compl',), incomplete="max_output_tokens"), Failure.truncated),
        (Answer(incomplete="content_filter"), Failure.filtered),
        (Answer(status=401), Failure.key_refused),
        (Answer(status=429), Failure.rate_limited),
        (Answer(status=500), Failure.server_error),
        (Answer(inserted=(Inserted(0, NOT_JSON),)), Failure.garbled),
        (Answer(cut_after=0), Failure.connection_lost),
    ],
)
async def test_whatever_goes_wrong_is_no_verdict(fake, model, answer, reason):
    fake.script(answer)
    verdict = await SecondOpinion(model, 20).ask(TEXTS[Language.en])
    assert isinstance(verdict, NoVerdict)
    assert verdict.reason == reason


async def test_a_silent_server_is_hung_up_on(fake, model):
    fake.script(Answer(stall_after="before_headers"))
    verdict = await SecondOpinion(model, 0.2).ask(TEXTS[Language.en])
    assert verdict == NoVerdict(reason=Failure.total_timeout)
    (asked,) = fake.requests
    await asked.ended.wait()
    assert asked.hung_up
