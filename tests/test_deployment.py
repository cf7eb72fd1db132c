"""What nobody here can build stays true to the code: the Dockerfile, compose.yaml and what they name."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import psycopg
import pytest
import yaml  # type: ignore[import-untyped]

from callcenter.cli import app as commands
from callcenter.settings import AuthMode, Settings, StoreKind, read_settings, variable
from callcenter.store.migrate_postgres import migrate_postgres
from scripts import make_env
from tests.postgres import running

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXAMPLE = (ROOT / "deploy" / "env.example").read_text(encoding="utf-8")
CADDYFILE = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
VARIABLES = frozenset(variable(name) for name in Settings.model_fields)
COMMANDS = {command.name or command.callback.__name__ for command in commands.registered_commands if command.callback}
OURS = [service for service in SERVICES if "build" in SERVICES[service]]
OF_COMPOSE = frozenset({"COMPOSE_PROFILES", "POSTGRES_PASSWORD", "AUTHENTICATOR_PASSWORD", "JWT_SECRET"})
SECRET = re.compile(r"PASSWORD|SECRET|KEYS?$|_DB_UR[IL]$")

pytestmark = pytest.mark.live


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.partition(" ")[2] for line in joined.splitlines() if line.startswith(f"{name} ")]


def given(service: str) -> dict[str, str | None]:
    """Return the environment of a service; None: as .env has it."""
    environment = SERVICES[service].get("environment", {})
    if isinstance(environment, dict):
        return {name: str(value) for name, value in environment.items()}
    return {
        name: value if assigned else None for name, assigned, value in (each.partition("=") for each in environment)
    }


def assigned(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))


def every_setting_named() -> Iterator[str]:
    for line in instructions("ENV"):
        yield from (word.split("=", 1)[0] for word in line.split() if word.startswith("CALLCENTER_"))
    for service in OURS:
        yield from given(service)
    yield from assigned(EXAMPLE).keys() - OF_COMPOSE


# The image.


def copied() -> list[str]:
    sources = [line.split()[:-1] for line in instructions("COPY") if not line.startswith("--from=")]
    return [source for some in sources for source in some]


def test_everything_that_is_copied_exists_and_reaches_the_builder():
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert "*" in rules
    assert set(copied()) == allowed
    assert [source for source in copied() if not (ROOT / source).exists()] == []
    assert not any(fnmatch.fnmatch(name, rule) for name in (".env", "data", ".git") for rule in allowed)


def test_the_package_is_built_from_all_that_is_copied():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name in ("README.md", "migrations", "callcenter"):
        assert f'"{name}"' in project
        assert name in copied()


def test_dependencies_are_installed_by_their_hashes():
    [locked, ours] = [line for line in instructions("RUN") if " install --" in line and "pip" in line]
    assert "--require-hashes -r requirements.lock" in locked
    assert "--no-deps" in ours


def test_what_is_taken_out_again_is_in_the_lock_and_never_imported():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "callcenter").rglob("*.py"))
    [names] = re.findall(r"uninstall --yes (hatchling [a-z -]+?) +&&", " ".join(instructions("RUN")))
    for name in names.split():
        assert re.search(rf"^{name}==", lock, re.MULTILINE), name
        assert not re.search(rf"^\s*(?:import|from) {name.replace('-', '_')}\b", code, re.MULTILINE), name


def test_images_are_pinned():
    images = [line.split()[0] for line in instructions("FROM")]
    images += [service["image"] for name, service in SERVICES.items() if name not in OURS]
    assert len(images) == 5
    for image in images:
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)*", image), image


def test_nobody_is_root_in_the_image():
    assert [user.split(":")[0] for user in instructions("USER")] == ["10001"]
    assert "--uid 10001" in DOCKERFILE


def test_the_server_is_the_process_that_gets_signals():
    assert json.loads(instructions("ENTRYPOINT")[0]) == ["callcenter"]
    assert json.loads(instructions("CMD")[0])[0] in COMMANDS
    assert json.loads(instructions("HEALTHCHECK")[0].partition("CMD ")[2])[:2] == ["python", "-c"]


def test_the_image_asks_for_a_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    for word in " ".join(instructions("ENV")).split():
        name, _, value = word.partition("=")
        if name.startswith("CALLCENTER_"):
            monkeypatch.setenv(name, value)
    assert read_settings().data_dir == Path("/data") == Path(instructions("VOLUME")[0])
    assert read_settings().auth is AuthMode.required


# The services.


@pytest.mark.parametrize("name", sorted({*every_setting_named()}))
def test_every_setting_named_is_one(name: str):
    assert name in VARIABLES


@pytest.mark.parametrize("service", SERVICES)
def test_files_that_are_mounted_exist(service: str):
    for volume in SERVICES[service].get("volumes", ()):
        source = volume.split(":")[0]
        assert (ROOT / source).is_file() if source.startswith("./") else source in COMPOSE["volumes"], volume


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_contained(service: str):
    facts = SERVICES[service]
    assert facts["read_only"] is True
    assert facts["cap_drop"] == ["ALL"]
    assert set(facts.get("cap_add", ())) <= {"NET_BIND_SERVICE"}
    assert facts["security_opt"] == ["no-new-privileges:true"]
    assert facts["restart"] in {"unless-stopped", "no"}
    assert {"cpus", "memory", "pids"} <= facts["deploy"]["resources"]["limits"].keys()


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_stands_in_the_file(service: str):
    for name, value in given(service).items():
        if SECRET.search(name) and value is not None:
            bare = re.sub(r"\$\{[A-Z_]+:-\}", "", value)
            assert bare == "" or re.fullmatch(r"postgresql://[a-z]+:@db:5432/callcenter", bare), name


def test_example_holds_no_secret():
    assert {name: value for name, value in assigned(EXAMPLE).items() if SECRET.search(name) and value} == {}


def test_only_this_machine_reaches_the_server_and_nobody_the_database():
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports.keys() == {"app"}
    assert all(port.startswith("127.0.0.1:") for port in ports["app"])
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert all(SERVICES[name]["networks"] == ["inside"] for name in SERVICES if name != "app")


def test_services_wait_for_those_that_exist_and_tell_how_they_are():
    for service in SERVICES.values():
        for other, wanted in service.get("depends_on", {}).items():
            if wanted["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"], other
            if not service.get("profiles"):
                assert wanted.get("required") is False or not SERVICES[other].get("profiles")


def test_commands_of_services_are_commands():
    assert {SERVICES[name]["command"][0] for name in OURS if "command" in SERVICES[name]} <= COMMANDS


def test_variables_filled_in_are_in_the_example():
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{([A-Z_]+)", text)) <= assigned(EXAMPLE).keys()


def test_gateway_leads_to_the_data_api():
    port = given("rest")["PGRST_SERVER_PORT"]
    assert f"handle_path /rest/v1/* {{\n\t\treverse_proxy rest:{port}\n" in CADDYFILE
    [own] = re.findall(r"^:(\d+) \{", CADDYFILE, re.MULTILINE)
    assert make_env.values(postgres=True)["SUPABASE_URL"] == f"http://gateway:{own}"
    assert f":{own}/healthz" in " ".join(SERVICES["gateway"]["healthcheck"]["test"])


# Secrets.


def test_secrets_are_drawn_into_a_file_for_its_owner_alone(tmp_path: Path):
    program = [sys.executable, str(ROOT / "scripts" / "make_env.py"), "--postgres", "--output", str(tmp_path / ".env")]
    first = subprocess.run(program, capture_output=True, text=True, check=True)
    text = (tmp_path / ".env").read_text(encoding="utf-8")
    filled = assigned(text)
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert filled.keys() == assigned(EXAMPLE).keys()
    assert all(filled[name] and filled[name] not in first.stdout for name in OF_COMPOSE | {"SUPABASE_SECRET_KEY"})

    again = subprocess.run(program, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "left as it is" in again.stderr
    assert (tmp_path / ".env").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(("postgres", "store"), [(False, StoreKind.sqlite), (True, StoreKind.supabase)])
def test_filled_in_file_is_a_configuration(*, postgres: bool, store: StoreKind, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_env.write(tmp_path / ".env", make_env.filled(EXAMPLE, make_env.values(postgres=postgres)))
    settings = read_settings(auth="required")
    assert settings.store is store
    assert len(settings.api_keys) == 1


def test_servers_key_is_a_token_that_the_data_api_takes():
    drawn = make_env.values(postgres=True)
    claims = jwt.decode(drawn["SUPABASE_SECRET_KEY"], drawn["JWT_SECRET"], algorithms=["HS256"])
    assert claims["role"] == "service_role"
    assert claims["exp"] - claims["iat"] > 9 * 365 * 24 * 3600
    assert len(drawn["JWT_SECRET"]) >= 32
    assert drawn != make_env.values(postgres=True)


# The database.


def test_views_that_are_promised_are_made():
    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    made = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "migrations").glob("*_supabase.sql"))
    promised = re.findall(r"^ +\| `(\w+)` \|", page, re.MULTILINE)
    assert set(promised) == set(re.findall(r"^create view public\.(\w+)", made, re.MULTILINE))


def test_plain_postgres_gets_the_roles_and_the_api_may_take_them():
    with running(like_project=False) as server:
        script = ROOT / "deploy" / "postgres-roles.sh"
        assert os.access(script, os.X_OK)
        # Debian keeps psql out of the path, too, where only the server is installed.
        path = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
        place = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "AUTHENTICATOR_PASSWORD": "it's a 'test'"}
        subprocess.run([script], env={"PATH": path, **place}, check=True)
        migrate_postgres(server.url())
        with psycopg.connect(server.url()) as owner:
            stored = owner.execute("select rolpassword from pg_authid where rolname = 'authenticator'").fetchone()
            assert stored
            assert stored[0].startswith("SCRAM-SHA-256$")
        with psycopg.connect(server.url(user="authenticator")) as api:
            for role in ("service_role", "authenticated"):
                with api.transaction(force_rollback=True):
                    api.execute(f"set local role {role}".encode())
                    assert api.execute("select count(*) from conversation_messages").fetchone() == (0,)
            api.execute("set role anon")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                api.execute("select count(*) from conversation_messages")
