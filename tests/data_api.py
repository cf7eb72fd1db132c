"""A Supabase project for tests: the data API of tests/gateway over a real PostgreSQL.

`project`, a fixture any test may ask for, is the session's one with no call in it. A test that needs a data API to
itself, to kill it, starts one with `serving()`. A `Relay` stands between a store and its data API and can part them.
Where Node or its packages are missing such tests are skipped; with the environment variable CI set they fail instead.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests.postgres import Postgres

if TYPE_CHECKING:
    from callcenter.store.supabase import SupabaseStore

GATEWAY: Final = Path(__file__).parent / "gateway"

SECONDS: Final = 30.0
"""What an answer may take on a slow machine."""

_SECRET_KEY: Final = f"sb_secret_{secrets.token_hex(8)}"
"""The same for all of a session, so that one may take another's place."""

_EMPTY: Final = (
    "delete from public.tickets; delete from public.conversations; delete from public.api_keys;"
    " delete from public.articles; delete from public.knowledge_gaps; delete from public.scripts;"
    " delete from public.records; delete from public.action_results"
)
"""What belongs to them goes with them."""


@dataclass(slots=True, kw_only=True)
class Project:
    """A database and its data API."""

    database: str
    """Its address, for SQL; as superuser."""
    url: str
    """Of the data API."""
    secret_key: str
    process: subprocess.Popen[str]

    async def open(self, url: str | None = None, *, seconds: float = SECONDS) -> SupabaseStore:
        """Open a store on it, or on what stands before it at `url`."""
        from callcenter.store.supabase import SupabaseStore  # noqa: PLC0415 (a second, for tests that open one)

        return await SupabaseStore.open(url or self.url, self.secret_key, seconds=seconds)

    def sql(self) -> psycopg.Connection:
        """Connect to the database past the data API."""
        return psycopg.connect(self.database, autocommit=True)

    def greet(self) -> None:
        """Ask for something, alone: of first requests that come together the gateway fails some."""
        key = {"apikey": self.secret_key, "authorization": f"Bearer {self.secret_key}"}
        httpx.get(f"{self.url}/rest/v1/conversations?limit=1", headers=key, timeout=SECONDS)

    def kill(self) -> None:
        """Kill the data API as it is."""
        self.process.kill()
        self.process.wait()


@contextmanager
def serving(database: str, *, secret_key: str = _SECRET_KEY) -> Iterator[Project]:
    """Serve a database, and stop in the end. Skips, or fails, where Node is missing."""
    node = _node()
    environment = {
        "DATABASE": database,
        "JWT_SECRET": secrets.token_hex(32),
        "PUBLISHABLE_KEY": f"sb_publishable_{secrets.token_hex(8)}",
        "SECRET_KEY": secret_key,
    }
    with subprocess.Popen(
        [node, str(GATEWAY / "gateway.mjs")],
        env={**environment, "PATH": os.defpath},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        if not said:
            pytest.fail("the gateway did not start; run `node tests/gateway/gateway.mjs` with DATABASE set to see why")
        port: int = json.loads(said)["port"]
        project = Project(database=database, url=f"http://127.0.0.1:{port}", secret_key=secret_key, process=process)
        try:
            project.greet()
            yield project
        finally:
            project.kill()


@pytest.fixture(scope="session")
def data_api(postgres: Postgres) -> Iterator[Project]:
    """The session's data API."""
    with serving(postgres.new_database()) as project:
        yield project


@pytest.fixture
def project(data_api: Project) -> Project:
    """The session's data API, with no call in its database."""
    with data_api.sql() as connection:
        connection.execute(_EMPTY)
    return data_api


def _node() -> str:
    node = shutil.which("node")
    missing = "Node is not installed" if node is None else "the packages of tests/gateway are not installed (make test)"
    if node is None or not (GATEWAY / "node_modules" / "@supabase" / "lite").is_dir():
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return node


@dataclass(slots=True)
class Relay:
    """A listener that hands all on to a data API, until it is cut. `project` may become another one meanwhile."""

    project: Project
    server: asyncio.Server | None = None
    ends: list[asyncio.StreamWriter] = field(default_factory=list)
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> str:
        """Listen; return the address to use instead of the project's."""
        self.server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        return "http://{}:{}".format(*self.server.sockets[0].getsockname())

    def drop(self) -> None:
        """Reset every connection, in the middle of whatever goes over it, and take new ones."""
        for end in self.ends:
            end.transport.abort()
        self.ends.clear()

    async def cut(self) -> None:
        """Reset every connection and listen no more."""
        assert self.server is not None
        self.server.close()
        self.drop()
        await asyncio.gather(*self.serving)
        await self.server.wait_closed()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.ends.append(writer)
        there = urlsplit(self.project.url)
        try:
            far_reader, far_writer = await asyncio.open_connection(there.hostname, there.port)
        except ConnectionError:
            writer.transport.abort()
            return
        self.ends.append(far_writer)
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await source.read(65536):
            sink.write(piece)
            await sink.drain()
    sink.transport.abort()
