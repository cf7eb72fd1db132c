"""Models of both APIs, talking to a fake server over real HTTP, and the prompts they are given."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple

from callcenter.calls import Speaker, ToolName
from callcenter.errors import ModelFailed
from callcenter.llm import Heard
from callcenter.llm.fake_openai import Answer, FakeOpenAI, serve
from callcenter.llm.openai_chat import ChatModel
from callcenter.llm.openai_client import OpenAIClient
from callcenter.llm.openai_responses import ResponsesModel
from callcenter.llm.prompt import Line, Prompt, Question, Tool

AnyModel = ResponsesModel | ChatModel
MakeModel = Callable[[OpenAIClient], AnyModel]

TOOL = Tool(
    name=ToolName.request_human,
    description="Ask for a human.",
    parameters={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
)
QUESTION = Question(
    instructions="What does the customer want?",
    text="كم سعر الموقع؟",  # what does the site cost?
    name="intent",
    schema={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    max_output_tokens=50,
)


def responses(client: OpenAIClient) -> AnyModel:
    return ResponsesModel(client, model="fake")


def chat(client: OpenAIClient) -> AnyModel:
    return ChatModel(client, model="fake")


APIS = (responses, chat)


def prompt(*lines: Line, **changed: object) -> Prompt:
    facts: dict[str, object] = {
        "own": "You are Sara of Ornina.",
        "lines": lines or (Line(Speaker.customer, "كم سعر الموقع؟"),),  # what does the site cost?
        "facts": ("A web site costs 1200 SAR.",),
        "guarded": "You are Sara of Ornina.",
        "max_output_tokens": 100,
        "cache_key": "sara-ar",
    }
    return Prompt(**(facts | changed))  # type: ignore[arg-type] # a builder's facts


class Talk(NamedTuple):
    model: AnyModel
    fake: FakeOpenAI


@asynccontextmanager
async def talking(api: MakeModel, *answers: Answer, fake: FakeOpenAI | None = None) -> AsyncGenerator[Talk, None]:
    """Yield a model and the server it asks, which gives these answers."""
    server = fake or FakeOpenAI()
    server.script(*answers)
    async with serve(server) as url:
        model = api(client_of(url))
        try:
            yield Talk(model, server)
        finally:
            await model.close()


def client_of(url: str | None, *, key: str | None = "sk-test", seconds: float = 10) -> OpenAIClient:
    return OpenAIClient(api_key=key, base_url=url, connect_seconds=seconds, read_seconds=seconds)


async def heard_from(model: AnyModel, asked: Prompt | None = None) -> tuple[list[Heard], ModelFailed | None]:
    """Return what a model said, however it was cut into pieces and without signs of life, and how it failed."""
    heard: list[Heard] = []
    try:
        async with aclosing(model.stream(asked or prompt())) as stream:
            async for each in stream:
                if isinstance(each, str) and heard and isinstance(heard[-1], str):
                    heard[-1] += each
                elif each:
                    heard.append(each)
    except ModelFailed as failure:
        return heard, failure
    return heard, None
