"""Run the try-out model in this terminal, and say how to point the product at it."""

from __future__ import annotations

from typing import Final

import typer

from callcenter.errors import ConfigurationError
from callcenter.llm.fake_openai import FakeOpenAI
from callcenter.llm.fake_openai.serving import run

_MILLISECONDS: Final = 1000


def answer_as_model(port: int, *, fault_rate: float, pause_ms: int) -> None:
    """Serve on loopback until stopped. Raises ConfigurationError when the port can't be had."""
    fake = FakeOpenAI(fault_rate=fault_rate, pause=pause_ms / _MILLISECONDS)
    try:
        run(fake, port, on_start=_announce)
    except OSError as error:
        raise ConfigurationError(f"Port {port} can't be listened on: {error.strerror or error}.") from None
    if faults := ", ".join(f"{count} {fault}" for fault, count in sorted(fake.faults.items())):
        typer.echo(f"faults made: {faults}")


def _announce(base_url: str) -> None:
    typer.echo(f"a model that knows only what it is told serves this machine at {base_url}; use it with:")
    typer.echo(f"  OPENAI_BASE_URL={base_url} OPENAI_API_KEY=fake make run")
