"""What the product is measured beside: FastAPI applications that do next to nothing, served with the same settings.

python benchmarks/peers.py echo|bare PORT
"""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel


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


def main() -> None:
    """Serve one of them."""
    name, port = sys.argv[1:]
    uvicorn.run(
        {"bare": bare, "echo": echo}[name](),
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
