"""The model server that goal B is measured with: plain sentences, in as many pieces and at the pace that is asked for.

    python benchmarks/model.py PORT

`POST /pace {"pieces", "milliseconds"}` sets both; `GET /left` says when the first piece of each answer since the last
`GET /left` left, in nanoseconds of the machine's monotonic clock. An agent that may hand off is made to do so first.
"""

from __future__ import annotations

import gc
import sys
import time
from itertools import cycle, islice
from typing import Final

import orjson
from starlette.types import Message, Receive, Scope, Send

from callcenter.llm.fake_openai import Answer, FakeOpenAI, Request, ToolCall
from callcenter.llm.fake_openai.serving import run

HANDOFF: Final = "transfer_to_specialist"
"""The tool by which the Agents SDK hands a call to an agent named `specialist`."""
_REPLIES: Final = (
    "That is a good question, many of our customers ask it. Every shop is different, so small details matter here.",
    # "This is a question that many of our customers ask us every day. Each shop differs from others, and so ..."
    "هذا سؤال يطرحه علينا كثير من عملائنا كل يوم. كل متجر يختلف عن غيره، ولذلك تهمنا التفاصيل الصغيرة في عملكم.",
)
"""English and Arabic: sentences that claim nothing, twenty words each."""
_ARABIC_BEGINS: Final = "\u0600"
_PIECE: Final = b"response.output_text.delta"


def reply(said: str, pieces: int) -> tuple[str, ...]:
    """Return what a message is answered with: a word a piece, said over again until there are so many."""
    text = _REPLIES[max(said) >= _ARABIC_BEGINS]
    return tuple(word if number == 0 else f" {word}" for number, word in enumerate(islice(cycle(text.split()), pieces)))


class Model(FakeOpenAI):
    """The fake, told its pace, and telling its times."""

    def __init__(self) -> None:
        super().__init__()
        self._pace: dict[str, int] = {"pieces": 20, "milliseconds": 0}
        self._left: list[int] = []
        self.script(self._answer)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path = scope["path"]
        if path.startswith("/v1/"):
            await super().app(scope, receive, self._noting(send))
            return
        body = b"{}"
        if path == "/pace":
            self._pace = orjson.loads((await receive())["body"])
        elif path == "/left":
            body, self._left = orjson.dumps(self._left), []
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", str(len(body)).encode())],
            }
        )
        await send({"type": "http.response.body", "body": body})

    def _answer(self, request: Request) -> Answer:
        if any(tool.get("name") == HANDOFF for tool in request.body.get("tools", ())):
            return Answer(tool_calls=(ToolCall(HANDOFF),))
        pieces = reply(request.last_user_message, self._pace["pieces"])
        return Answer(pieces=pieces, pause=self._pace["milliseconds"] / 1000)

    def _noting(self, send: Send) -> Send:
        noted = False

        async def note(message: Message) -> None:
            nonlocal noted
            if not noted and _PIECE in message.get("body", b""):
                noted = True
                self._left.append(time.monotonic_ns())
            await send(message)

        return note


if __name__ == "__main__":
    gc.disable()  # going through the requests it remembers would keep all that it answers waiting, 100 ms and more
    run(Model(), int(sys.argv[1]), on_start=lambda _: None)
