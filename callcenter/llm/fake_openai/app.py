"""The server: takes requests, finds the answer to each, and does what it says, over plain ASGI.

Requests are kept in `requests` for tests to look at. Invariant: nothing outlives the client; a pause, a hold or a stall
ends at once when it hangs up, and the server hangs up on everybody when it stops.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from http import HTTPStatus
from types import ModuleType
from typing import Final, TypeAlias

import orjson
from starlette.types import Receive, Scope, Send

from callcenter.llm.fake_openai import chat, responses, tryout
from callcenter.llm.fake_openai.answers import Answer, ErrorEvent
from callcenter.llm.fake_openai.faults import Fault, Faults
from callcenter.llm.fake_openai.line import Line
from callcenter.llm.fake_openai.refusals import error_body, objection, refusal
from callcenter.llm.fake_openai.request import Api, Request
from callcenter.llm.fake_openai.steps import body_steps, stream_steps

Script: TypeAlias = Answer | Callable[[Request], Answer]
"""An answer, or what decides on one."""

_REQUESTS_KEPT: Final = 1000
_PATHS: Final[dict[str, tuple[Api, str]]] = {
    "/v1/responses": ("responses", "POST"),
    "/v1/chat/completions": ("chat", "POST"),
    "/v1/models": ("models", "GET"),
}
_EVENTS: Final = "text/event-stream; charset=utf-8"
_ENCODERS: Final[dict[Api, ModuleType]] = {"responses": responses, "chat": chat}

MODELS: Final = ("fake", "gpt-4.1-mini")
"""What it says it serves; any name is answered."""


class FakeOpenAI:
    """A model server with a script."""

    def __init__(  # noqa: PLR0913 (what a drill can choose)
        self,
        *,
        key: str | None = None,
        models: Sequence[str] = MODELS,
        pause: float = 0.0,
        pieces: int | None = None,
        fault_rate: float = 0.0,
        seed: int = 1,
    ) -> None:
        """Serve whoever has `key`, or everybody.

        `pause` (seconds between pieces) and `pieces` (how many) are the default answer's; `fault_rate` is the share of
        answers without a script that go wrong, by `seed`.
        """
        self.requests: deque[Request] = deque(maxlen=_REQUESTS_KEPT)
        """What came in, oldest first; the last thousand."""
        self._key = key
        self._models = tuple(models)
        self._pause = pause
        self._pieces = pieces
        self._faults = Faults(fault_rate, seed)
        self._script: deque[Script] = deque()
        self._models_script: deque[Answer] = deque()
        self._decide: Callable[[Request], Answer] | None = None
        self._count = 0
        self._arrival = asyncio.Event()

    @property
    def faults(self) -> Counter[Fault]:
        """How many faults of each kind it made by itself."""
        return self._faults.made

    def script(self, *answers: Script) -> None:
        """Queue answers for the next model requests; after the last one it answers by itself again.

        A single callable decides for every request that finds the queue empty.
        """
        if len(answers) == 1 and not isinstance(answers[0], Answer):
            self._decide = answers[0]
        else:
            self._script.extend(answers)

    def script_models(self, *answers: Answer) -> None:
        """Queue answers for the next `GET /v1/models`."""
        self._models_script.extend(answers)

    async def arrived(self, number: int = 1) -> Request:
        """Return the request of that number, from 1, once it has come in."""
        while self._count < number:
            await self._arrival.wait()
        return next(request for request in self.requests if request.number == number)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request: an ASGI application."""
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        body = await _body(receive)
        api, method = _PATHS.get(scope["path"], ("unknown", ""))
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self._count += 1
        request = Request(number=self._count, api=api, path=scope["path"], headers=headers)
        refused = self._refused(request, body, allowed=method == scope["method"])
        self.requests.append(request)
        self._arrival.set()
        self._arrival = asyncio.Event()
        line = Line(receive, send, request)
        try:
            await self._serve(refused or self._answer_to(request), request, line)
        finally:
            line.close()
            request.ended.set()

    def _refused(self, request: Request, body: bytes, *, allowed: bool) -> Answer | None:
        """Read the body into the request, and return what a request that can't be served gets."""
        if self._key is not None and request.headers.get("authorization") != f"Bearer {self._key}":
            return refusal(401, "Incorrect API key provided.", code="invalid_api_key")
        if request.api == "unknown":
            return refusal(404, f"Invalid URL ({request.path})")
        if not allowed:
            return refusal(405, "Not allowed to use this method on this URL.")
        if request.api == "models":
            return None
        try:
            parsed = orjson.loads(body)
        except orjson.JSONDecodeError:
            parsed = None
        if not isinstance(parsed, dict):
            return refusal(400, "We could not parse the JSON body of your request.")
        request.body = parsed
        return objection(request)

    def _answer_to(self, request: Request) -> Answer:
        if request.api == "models":
            return self._models_script.popleft() if self._models_script else Answer()
        scripted = self._script.popleft() if self._script else self._decide
        if isinstance(scripted, Answer):
            return scripted
        if scripted is not None:
            return scripted(request)
        return self._faults.spoil(tryout.answer(request, pause=self._pause, pieces=self._pieces))

    async def _serve(self, answer: Answer, request: Request, line: Line) -> None:
        if request.streams and answer.status == HTTPStatus.OK and answer.body is None:
            encoder = _ENCODERS[request.api]
            typed = request.api == "responses"
            events, error = encoder.events(answer, request), encoder.error_event(answer.error or ErrorEvent())
            await line.send(answer, stream_steps(events, error, answer, typed=typed), _EVENTS)
            return
        answer = _failure(answer, request) or answer
        body = self._whole(answer, request)
        await line.send(answer, body_steps(body, answer), answer.content_type, len(body))

    def _whole(self, answer: Answer, request: Request) -> bytes:
        if answer.body is not None:
            return answer.body
        if answer.status != HTTPStatus.OK:
            return error_body(answer.status)
        if answer.inserted:
            return b"".join(inserted.data for inserted in answer.inserted)
        if request.api == "models":
            listed = [{"id": name, "object": "model", "created": 0, "owned_by": "fake"} for name in self._models]
            return orjson.dumps({"object": "list", "data": listed})
        whole = orjson.dumps(_ENCODERS[request.api].whole(answer, request))
        return whole if answer.end_after is None else whole[: len(whole) // 2]


def _failure(answer: Answer, request: Request) -> Answer | None:
    """Return what an error becomes that can't be said in mid-stream."""
    error = answer.error or (answer.failed if request.api == "chat" else None)
    return None if error is None else refusal(500, error.message, code=error.code)


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
    return body
