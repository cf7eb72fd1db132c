"""What is written to a corked socket goes out together, in its order, and not too much of it waits."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from typing import NamedTuple

import pytest

from callcenter.api.cork import ENOUGH, Cork

pytestmark = pytest.mark.live


class Line(NamedTuple):
    """A corked transport and the other end of its connection."""

    cork: Cork
    far: asyncio.StreamReader


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    loop = asyncio.get_running_loop()
    near, far = socket.socketpair()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=near)
    reader, writer = await asyncio.open_connection(sock=far, limit=4 * ENOUGH)
    with closing(writer), closing(transport):
        yield Line(Cork(transport, loop), reader)


async def test_what_is_written_in_one_round_goes_out_at_its_end_in_order(line: Line):
    for part in (b"mar", b"ha", b"ba"):
        line.cork.write(part)
    assert line.cork.waiting == len(b"marhaba")
    await asyncio.sleep(0)
    assert line.cork.waiting == 0
    assert await line.far.readexactly(7) == b"marhaba"
    line.cork.write(b"!")
    assert await line.far.readexactly(1) == b"!"


@pytest.mark.parametrize(("size", "waits"), [(ENOUGH, ENOUGH), (ENOUGH + 1, 0)])
async def test_no_more_waits_than_the_socket_should_know_of(line: Line, size: int, waits: int):
    line.cork.write(bytes(size))
    assert line.cork.waiting == waits
    assert await line.far.readexactly(size) == bytes(size)


async def test_closing_sends_what_waits_first(line: Line):
    line.cork.write(b"bye")
    line.cork.close()
    assert line.cork.is_closing()
    assert await line.far.read() == b"bye"
