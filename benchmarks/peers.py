"""What the product is measured beside: FastAPI applications that do next to nothing, served with the same settings.

    python benchmarks/peers.py bare|echo|openai|agents PORT

`openai` and `agents` have a model answer, and relay its pieces over a WebSocket; they analyse, route, check and store
nothing, and remember nothing of a call. `POST /streams?count=&at_once=` has them ask the model with nobody to relay to:
what the client alone costs.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from typing import Final

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from pydantic import BaseModel

_MODEL: Final = "gpt-4.1-mini"
_INSTRUCTIONS: Final = "You answer the customers of a small company, in their language, in two sentences."
_MESSAGE: Final = "What are your working hours, and can I come by your office on Thursday afternoon to talk it over?"

Speak = Callable[[str], AsyncIterator[str]]
"""Yields the pieces of the answer to a message."""


class Said(BaseModel):
    """A message, validated on its way in and on its way out."""

    message: str
    language: str | None = None
    message_id: str | None = None


def bare() -> FastAPI:
    """Return an application that says it is alive."""
    app = FastAPI()

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def echo() -> FastAPI:
    """Return an application that says what it was told."""
    app = bare()

    @app.post("/api/conversations/{call_id}/message")
    async def send_message(call_id: str, said: Said) -> Said:
        assert call_id
        return said

    return app


def _openai() -> Speak:
    """Return the official client's typed stream, by one client for all calls."""
    from openai import AsyncOpenAI  # noqa: PLC0415 (the other peers are measured without)

    client = AsyncOpenAI()

    async def speak(said: str) -> AsyncIterator[str]:
        stream = await client.responses.create(
            model=_MODEL, instructions=_INSTRUCTIONS, input=said, stream=True, store=False
        )
        async for event in stream:
            if event.type == "response.output_text.delta":
                yield event.delta

    return speak


def _agents() -> Speak:
    """Return an Agents SDK run that hands off once: two model calls."""
    from agents import Agent, ModelSettings, RunConfig, Runner  # noqa: PLC0415 (likewise)

    specialist = Agent(name="specialist", instructions=_INSTRUCTIONS, model=_MODEL)
    triage = Agent(name="triage", instructions=_INSTRUCTIONS, handoffs=[specialist], model=_MODEL)
    config = RunConfig(tracing_disabled=True, model_settings=ModelSettings(store=False))

    async def speak(said: str) -> AsyncIterator[str]:
        async for event in Runner.run_streamed(triage, said, run_config=config).stream_events():
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                yield event.data.delta

    return speak


def _relay(speak: Speak) -> FastAPI:
    """Return an application that relays pieces as they come."""
    app = bare()

    @app.websocket("/api/conversations/ws/{call_id}")
    async def converse(websocket: WebSocket, call_id: str) -> None:
        assert call_id
        await websocket.accept()
        await websocket.send_json({"event": "greeting"})
        try:
            while True:
                said = (await websocket.receive_json())["message"]
                whole = ""
                async for piece in speak(said):
                    whole += piece
                    await websocket.send_json({"event": "assistant_delta", "delta": piece})
                await websocket.send_json({"event": "assistant_message", "message": whole})
        except WebSocketDisconnect:
            return

    @app.post("/streams")
    async def streams(count: int, at_once: int) -> int:
        async def some(number: int) -> int:
            return sum([len(piece) for _ in range(number) async for piece in speak(_MESSAGE)])

        return sum(await asyncio.gather(*(some(count // at_once) for _ in range(at_once))))

    return app


def openai() -> FastAPI:
    """Return a relay of typed streams."""
    return _relay(_openai())


def agents() -> FastAPI:
    """Return a relay of Agents SDK runs."""
    return _relay(_agents())


def serve(app: FastAPI, port: int) -> None:
    """Serve an application as the product is served."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    serve({"bare": bare, "echo": echo, "openai": openai, "agents": agents}[sys.argv[1]](), int(sys.argv[2]))
