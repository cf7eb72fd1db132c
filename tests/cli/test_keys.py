"""`callcenter keys`: a key is shown once, kept by its digest, listed without it, and taken back; on either store."""

from __future__ import annotations

import asyncio
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from callcenter import bootstrap
from callcenter.api.app import create_app
from callcenter.bootstrap import open_store
from callcenter.settings import AuthMode, Settings
from tests.api.wire import asgi
from tests.cli.conftest import Run
from tests.cli.test_processes import MAIN, environment, program
from tests.data_api import Project

pytestmark = pytest.mark.live

KEY = re.compile(r"cc_([0-9a-f]{12})_([A-Za-z0-9_-]{43})\n")


def made(run: Run, *arguments: str) -> tuple[str, str]:
    """Return a new key and its id."""
    result = run("keys", "create", *arguments)
    assert result.exit_code == 0, result.output
    found = KEY.fullmatch(result.stdout)
    assert found
    return result.stdout.strip(), found[1]


def kept():
    async def keys():
        store = await open_store(Settings(_env_file=None))
        try:
            return await store.keys()
        finally:
            await store.close()

    return asyncio.run(keys())


def asked(key: str) -> int:
    async def ask() -> int:
        app = await bootstrap.build(Settings(auth=AuthMode.required, _env_file=None))
        try:
            async with asgi(create_app(app)) as client:
                return (await client.get("/api/calls", headers={"authorization": f"Bearer {key}"})).status_code
        finally:
            await app.close()

    return asyncio.run(ask())


def test_a_key_is_printed_alone_and_lets_its_holder_in(run: Run, folder: Path):
    key, key_id = made(run, "website")
    assert asked(key) == 200
    assert asked(key[:-1] + ("A" if key[-1] != "A" else "B")) == 401
    secret = key.split("_", 2)[2]
    for file in (folder / "data").iterdir():
        assert secret.encode() not in file.read_bytes(), file
    told = run("keys", "create", "another").stderr
    assert "shown once" in told
    assert key_id not in told


def test_a_key_has_the_role_and_the_end_it_was_made_with(run: Run):
    made(run, "ليلى", "--role", "agent", "--expires", "90d")
    made(run, "Omar", "--role", "supervisor", "--expires", "12h")
    made(run, "shop")
    shop, omar, leila = kept()
    assert [(each.name, each.role) for each in (leila, omar, shop)] == [
        ("ليلى", "agent"),
        ("Omar", "supervisor"),
        ("shop", "service"),
    ]
    assert shop.expires_at is None
    assert leila.expires_at - leila.created_at == timedelta(days=90)
    assert omar.expires_at - omar.created_at == timedelta(hours=12)


def test_an_agents_key_lists_no_calls(run: Run):
    key, _ = made(run, "Layla", "--role", "agent")
    assert asked(key) == 403


def test_a_list_shows_keys_and_no_secret(run: Run):
    assert run("keys", "list").stdout == ""
    key, key_id = made(run, "ليلى", "--role", "agent", "--expires", "90d")
    _, other = made(run, "website")
    shown = run("keys", "list").stdout
    head, second, first = shown.splitlines()
    assert head.split() == ["ID", "ROLE", "CREATED", "EXPIRES", "LAST", "USED", "NAME"]
    assert (first.split()[0], second.split()[0]) == (key_id, other)
    website, leila = kept()
    days = [f"{each:%Y-%m-%d}" for each in (leila.created_at, leila.expires_at)]
    assert first.split()[1:] == ["agent", *days, "never", "ليلى"]
    assert second.split()[1:] == ["service", f"{website.created_at:%Y-%m-%d}", "never", "never", "website"]
    assert key.split("_", 2)[2] not in shown
    assert kept()[0].secret_sha256 not in shown


def test_the_last_day_of_use_is_listed(run: Run):
    key, _ = made(run, "website")
    assert asked(key) == 200
    used = kept()[0].last_used_on
    assert used is not None
    assert used >= kept()[0].created_at.date()
    assert run("keys", "list").stdout.splitlines()[1].split()[-2:] == [f"{used}", "website"]


def test_a_revoked_key_is_gone(run: Run):
    key, key_id = made(run, "website")
    _, other = made(run, "shop")
    revoked = run("keys", "revoke", key_id)
    assert (revoked.exit_code, revoked.stdout.split()[:2]) == (0, ["Revoked", f"{key_id}."])
    assert [each.id for each in kept()] == [other]
    assert asked(key) == 401
    again = run("keys", "revoke", key_id)
    assert again.exit_code == 2
    assert "No key has this id" in again.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("",),
        ("   ",),
        ("x" * 65,),
        ("two\nlines",),
        ("x", "--role", "customer"),
        ("x", "--role", "local"),
        *(("x", "--expires", span) for span in ("90", "0d", "-1d", "d", "1.5d", "999999d", "٩٠d", "90 d")),
    ],
)
def test_what_can_not_be_a_key_is_refused(run: Run, arguments: tuple[str, ...]):
    assert run("keys", "create", *arguments).exit_code == 2
    assert kept() == []


def test_keys_are_kept_at_supabase_where_calls_are(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch, folder: Path
):
    monkeypatch.setenv("CALLCENTER_STORE", "supabase")
    monkeypatch.setenv("SUPABASE_URL", project.url)
    monkeypatch.setenv("SUPABASE_SECRET_KEY", project.secret_key)
    key, key_id = made(run, "website")
    assert asked(key) == 200
    assert key_id in run("keys", "list").stdout
    assert run("keys", "revoke", key_id).exit_code == 0
    assert asked(key) == 401
    assert not (folder / "data" / "callcenter.sqlite3").exists()


def test_a_server_starts_once_there_is_a_key_and_shows_none_in_its_command_line(run: Run, folder: Path):
    refused = subprocess.run(
        program(MAIN, "serve", "--port", "0"),
        cwd=folder,
        env=environment(CALLCENTER_AUTH="required"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    assert "callcenter keys create NAME" in refused.stderr
    key, _ = made(run, "website")
    serving = subprocess.Popen(
        program(MAIN, "serve", "--port", "0"),
        cwd=folder,
        env=environment(CALLCENTER_AUTH="required"),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert serving.stdout
        line = serving.stdout.readline()
        address = line.split()[-1]
        answer = httpx.get(f"{address}/api/calls", headers={"authorization": f"Bearer {key}"}, trust_env=False)
        assert answer.status_code == 200
        secret = key.split("_", 2)[2]
        for place in ("cmdline", "environ"):
            assert secret.encode() not in Path(f"/proc/{serving.pid}/{place}").read_bytes()
    finally:
        serving.terminate()
        serving.wait(timeout=30)
        if serving.stdout:
            serving.stdout.close()
