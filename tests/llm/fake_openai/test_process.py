"""`callcenter fake-openai` as a program: what it prints is what to use, and it ends when told to."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import openai
import pytest
from openai import AsyncOpenAI

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[3]
PROGRAM = (sys.executable, "-c", "from callcenter.cli import main; main()", "fake-openai")


@asynccontextmanager
async def started(*options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*PROGRAM, *options, cwd=ROOT, stdout=pipe, stderr=pipe)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_says_how_to_use_it_and_answers_until_interrupted():
    async with started("--port", "0", "--pause-ms", "0", "--fault-rate", "0") as process:
        await read_line(process)
        told = re.fullmatch(r" +OPENAI_BASE_URL=(\S+) OPENAI_API_KEY=(\S+) make run\n", await read_line(process))
        assert told
        url, key = told.groups()
        assert url.startswith("http://127.0.0.1:")
        async with AsyncOpenAI(base_url=url, api_key=key, max_retries=0) as client:
            answered = await client.responses.create(
                model="m", instructions="الدوام من 9", input="متى الدوام؟"
            )  # hours
            assert answered.output_text == "الدوام من 9"
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
        assert (process.returncode, out, err) == (0, b"", b"")


async def test_it_sums_up_its_faults_and_hangs_up_on_stalls():
    async with started("--port", "0", "--fault-rate", "1") as process:
        await read_line(process)
        url = (await read_line(process)).split()[0].partition("=")[2]
        async with AsyncOpenAI(base_url=url, api_key="fake", max_retries=0) as client:
            asking = [asyncio.ensure_future(client.responses.create(model="m", input="hi")) for _ in range(8)]
            await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
            process.send_signal(signal.SIGINT)
            out, err = await process.communicate()
            ended = await asyncio.gather(*asking, return_exceptions=True)
        assert (process.returncode, err) == (0, b"")
        assert out.startswith(b"faults made: ")
        assert {isinstance(each, openai.APIError | ValueError) for each in ended} == {True}


async def test_port_that_is_taken_is_told_in_one_line():
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        async with started("--port", port) as process:
            out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    assert err.decode().startswith(f"callcenter: Port {port} can't be listened on: ")
    assert err.count(b"\n") == 1


async def read_line(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode()
