"""The command line as a program of its own: what it loads, what it prints, how it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]
MAIN = "from callcenter.cli import main; main()"
LOADED = f"""
import sys
try:
    {MAIN}
finally:
    print(*sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""


def program(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


def environment(**more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
    return {**clean, "PYTHONPATH": str(ROOT), **more}


@pytest.mark.parametrize("text", ["الموقع لا يعمل", "the site is down"])
def test_analyze_loads_nothing_heavy(text: str, folder: Path) -> None:
    done = subprocess.run(
        program(LOADED, "analyze", text), cwd=folder, env=environment(), capture_output=True, check=True
    )
    loaded = set(done.stderr.decode().split())
    assert "ahocorasick_rs" in loaded
    heavy = {"fastapi", "starlette", "uvicorn", "openai", "supabase", "langdetect", "rich", "pydantic_settings"}
    assert not loaded & (heavy | {"sqlite3", "asyncio", "httpx"})


def test_arabic_goes_through_whatever_the_code_page(folder: Path) -> None:
    done = subprocess.run(
        program(MAIN, "analyze", "-"),
        input="الموقع لا يعمل".encode(),
        cwd=folder,
        env=environment(PYTHONIOENCODING="latin-1", PYTHONUTF8="0", LC_ALL="C", PYTHONCOERCECLOCALE="0"),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().startswith("الموقع لا يعمل\n")


def test_reader_that_stops_early_is_no_error_to_see(folder: Path) -> None:
    write = f"{sys.executable} -c '{MAIN}' analyze 'hello there' | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", write], cwd=folder, env=environment(), capture_output=True, check=True)
    assert done.stdout == b"hello there\n"
    assert b"Traceback" not in done.stderr


def test_serve_answers_where_it_says_and_stops_when_told(folder: Path) -> None:
    serving = subprocess.Popen(
        program(MAIN, "serve", "--port", "0"), cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True
    )
    try:
        assert serving.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", serving.stdout.readline())
        assert found
        assert httpx.get(f"{found[0]}/healthz", timeout=10).status_code == 200
        serving.send_signal(signal.SIGTERM)
        serving.wait(30)
    finally:
        serving.kill()
        serving.wait()
        if serving.stdout:
            serving.stdout.close()
    assert serving.returncode in (0, -signal.SIGTERM)
    assert (folder / "data" / "callcenter.sqlite3").is_file()
