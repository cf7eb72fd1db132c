"""A real PostgreSQL for tests: thrown away with the session, a database of one's own per test.

`postgres`, a fixture any test may ask for, is the server. `postgres.new_database()` gives the address of a fresh
database with what a hosted Supabase project has (tests/data/project.sql) and our migrations; `migrated=False` leaves
ours out. The address logs in as superuser; `set role service_role` is for the test to say. A database costs some 50 ms.

A test that needs a server to itself (to kill it, or one without a project's roles) takes one from `running()`.
Where PostgreSQL is not installed such tests are skipped; with the environment variable CI set they fail instead.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any, Final

import psycopg
import pytest
from psycopg import sql

from callcenter.store.migrate_postgres import migrate_postgres

PROJECT: Final = Path(__file__).parent / "data" / "project.sql"
"""What a hosted project has before our first migration."""

_OWNER: Final = "postgres"
"""Superuser of the database, and who runs the server where root runs the tests: it refuses root."""
_START_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.02
_QUICK: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
"""Nothing of it is to outlive the session."""


@dataclass(slots=True, kw_only=True)
class Postgres:
    """A running server."""

    folder: Path
    """Its data and its unix socket."""
    port: int
    """On 127.0.0.1, and in the name of the socket."""
    like_project: bool
    """Whether databases begin with what a hosted project has, or bare."""
    numbers: Iterator[int] = field(default_factory=count)
    templates: set[str] = field(default_factory=set)

    def url(self, database: str = "postgres", *, user: str = _OWNER) -> str:
        """Return a database's address; nobody is asked for a password."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def new_database(self, *, migrated: bool = True) -> str:
        """Make a database; return its address."""
        name = f"test_{next(self.numbers)}"
        self._copy(self._template(migrated=migrated), name)
        return self.url(name)

    def _template(self, *, migrated: bool) -> str:
        name = "migrated" if migrated else "fresh"
        if name not in self.templates:
            self._copy(self._template(migrated=False) if migrated else "template1", name)
            if migrated:
                migrate_postgres(self.url(name))
            elif self.like_project:
                with psycopg.connect(self.url(name), autocommit=True) as connection:
                    connection.execute(PROJECT.read_bytes())
            self.templates.add(name)
        return name

    def _copy(self, template: str, name: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            copy = sql.SQL("create database {} template {}")
            connection.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))


@contextmanager
def running(*, like_project: bool = True) -> Iterator[Postgres]:
    """Start a server of one's own, and throw it away afterwards. Skips, or fails, where none is installed."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="callcenter-postgres-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _OWNER, _OWNER)
        server = Postgres(folder=folder, port=_free_port(), like_project=like_project)
        new = ("--no-sync", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-U", _OWNER, "-D", str(folder / "data"))
        subprocess.run([programs / "initdb", *new], check=True, stdout=subprocess.DEVNULL, **_somebody())
        settings = [f"port={server.port}", f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", *_QUICK]
        flags = [flag for setting in settings for flag in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", str(folder / "data"), *flags], stdout=log, stderr=log, **_somebody()
            )
        try:
            _wait_for(server, process)
            yield server
        finally:
            # At once, without a checkpoint; connections still open are cut.
            process.send_signal(signal.SIGQUIT)
            process.wait()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's server, as a hosted project has it."""
    with running() as server:
        yield server


def _programs() -> Path:
    on_path = shutil.which("initdb")
    # Debian keeps them out of the path, a folder a version; the newest one is asked.
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if on_path is None and not debian:
        missing = "PostgreSQL's server programs (initdb, postgres) are not installed"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return Path(on_path).resolve().parent if on_path else debian[-1].parent


def _somebody() -> dict[str, Any]:
    """Return how a program is started as somebody who is not root; the folder of the tests may be closed to them."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    return {"cwd": "/", "user": _OWNER, "group": _OWNER, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(server: Postgres, process: subprocess.Popen[bytes]) -> None:
    deadline = monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(server.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            try:
                process.wait(_LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                if monotonic() < deadline:
                    continue
            said = (server.folder / "log").read_text(encoding="utf-8", errors="replace")
            pytest.fail(f"PostgreSQL did not start:\n{said}")
        return
