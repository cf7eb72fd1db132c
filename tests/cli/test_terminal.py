from __future__ import annotations

import io
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import Result

from callcenter.calls import CallId, Language, MessageId, PersonaType, ToolName
from callcenter.cli.terminal import Screen
from callcenter.company import DEMO, load_company
from callcenter.events import AssistantDelta, Correction, CorrectionAction, ErrorFrame
from callcenter.personas import PersonaManager, load_personas
from tests import factories as make

pytestmark = pytest.mark.live

Run = Callable[..., Result]

PATIENCE_SECONDS = 60
CALL_ID = re.compile(r"callcenter export (CALL-\w+)")


def test_arabic_call_from_greeting_to_goodbye(run: Run) -> None:
    said = "أنا مهتم بخدمة الإعلانات\nالموقع الذي سلمتموه لا يعمل منذ أمس وأنا غاضب جداً\n"
    result = run("chat", "--language", "ar", "--name", "علي", stdin=said)
    assert result.exit_code == 0
    shown = result.stdout
    places = [
        shown.index(words)
        for words in (
            "أحمد (",
            "علي",
            "> أنا مهتم بخدمة الإعلانات",
            "sales_interest",
            "تحويل المحادثة من أحمد إلى سارة",
            "سارة (",
            "> الموقع الذي",
            "angry · complaints, urgent",
            "تحويل المحادثة من سارة إلى محمد",
            "فُتحت التذكرة TKT-",
            "محمد (",
        )
    ]
    assert places == sorted(places)
    assert "\x1b" not in shown


def test_english_call_is_kept_and_ended(run: Run) -> None:
    result = run("chat", "-l", "en", "-n", "Layla", stdin="What are your working hours?\n/quit\nnever said\n")
    assert result.exit_code == 0
    assert "never said" not in result.stdout
    found = CALL_ID.search(result.stdout)
    assert found
    transcript = run("export", found[1]).stdout
    assert "What are your working hours?" in transcript
    assert "End of the call" in transcript
    reply = transcript.partition("What are your working hours?")[2].splitlines()[3].strip()
    assert result.stdout.count(reply) == 1  # streamed, and not shown again when it was stored


def test_commands_of_the_chat(run: Run) -> None:
    lines = "/persona سارة\n/persona sales\n/persona nobody\n/en\n/dance\n\n7474839\n"
    shown = run("chat", "--language", "ar", stdin=lines).stdout
    assert "تحويل المحادثة يدويًا من أحمد إلى سارة" in shown
    assert "sales has the call already" in shown
    assert "No persona is called nobody; choose reception, sales, complaints." in shown
    assert "your client states: English" in shown
    assert "/persona NAME" in shown
    assert "Sarah (" in shown  # the number alone tells no language, so what the client states decides


@pytest.mark.parametrize("persona", ["complaints", "Mohammed", "محمد"])
def test_call_can_begin_with_a_persona(persona: str, run: Run) -> None:
    assert "Handed over by hand from Ahmed to Mohammed" in run("chat", "-l", "en", "-p", persona, stdin="").stdout


def test_unknown_persona_begins_no_call(run: Run) -> None:
    result = run("chat", "--persona", "nobody", stdin="hello\n")
    assert result.exit_code == 2
    assert "No persona is called nobody" in result.stderr
    assert run("export", "--from", "2000-01-01").stdout == ""


def test_message_without_words_does_not_end_the_call(run: Run) -> None:
    result = run("chat", "-l", "en", stdin="\u202e\u200f!\n\u200f\u202e\nhello\n")
    assert result.exit_code == 0
    assert "> hello" in result.stdout


@pytest.fixture
def screen() -> tuple[Screen, io.StringIO]:
    company = load_company(DEMO)
    out = io.StringIO()
    console = Console(file=out, width=40, highlight=False, markup=False)
    return Screen(console, Language.ar, PersonaManager(load_personas(), company), company), out


def delta(text: str) -> AssistantDelta:
    return AssistantDelta(
        call_id=CallId(make.CALL), message_id=MessageId("m-1"), delta=text, persona=PersonaType.complaints
    )


def test_reply_is_shown_as_it_comes_and_once(screen: tuple[Screen, io.StringIO]) -> None:
    view, out = screen
    view.show(delta("أعتذر عن ذلك. "))
    assert "أعتذر عن ذلك. " in out.getvalue()
    message = make.assistant_message(message="أعتذر عن ذلك. ما رقم الطلب؟")
    view.show(message)
    view.show(message)
    assert out.getvalue().count("أعتذر") == 1
    assert out.getvalue().count("ما رقم الطلب؟") == 1
    assert out.getvalue().count("محمد") == 1


def test_reply_without_pieces_is_shown_whole(screen: tuple[Screen, io.StringIO]) -> None:
    view, out = screen
    view.show(make.assistant_message(message="ما رقم الطلب؟"))
    assert "محمد (" in out.getvalue()
    assert "ما رقم الطلب؟" in out.getvalue()


def test_what_the_model_asked_for_is_an_aside_and_the_reply_goes_on(screen: tuple[Screen, io.StringIO]) -> None:
    view, out = screen
    view.show(delta("أعتذر عن ذلك. "))
    asked = make.tool_called(seq=5, tool=ToolName.open_ticket)
    view.show(
        asked.altered({"receipt": make.TICKET, "reason": "opened", "arguments": {"description": "الموقع لا يعمل"}})
    )
    view.show(make.handoff(seq=6, from_persona=PersonaType.complaints, to_persona=PersonaType.sales))
    view.show(delta("فتحت لك تذكرة."))
    view.show(make.assistant_message(seq=7, message="أعتذر عن ذلك. فتحت لك تذكرة."))
    shown = out.getvalue().splitlines()
    assert "  · open_ticket granted: opened (TKT-00000001) · description “الموقع لا يعمل”" in shown
    assert shown.count("أعتذر عن ذلك. ") == 1
    assert shown[-2].startswith("محمد (")
    assert shown[-1] == "فتحت لك تذكرة."


def test_what_was_refused_says_why(screen: tuple[Screen, io.StringIO]) -> None:
    view, out = screen
    refused = make.tool_called(seq=5).altered(
        {"granted": False, "tool": "refund", "arguments": {}, "reason": "no tool"}
    )
    view.show(refused)
    assert out.getvalue() == "  · refund refused: no tool\n"


def test_reply_says_whose_words_it_is_and_what_was_mended(screen: tuple[Screen, io.StringIO]) -> None:
    view, out = screen
    mended = (
        Correction(fault="unknown_price", action=CorrectionAction.replaced),
        Correction(fault="markup", action=CorrectionAction.cleaned),
    )
    view.show(make.assistant_message().altered({"voice_reason": "rate_limited"}))
    assert out.getvalue().splitlines()[-1] == "  · offline · rate_limited"
    view.show(make.assistant_message(seq=6).altered({"voice": "model-a", "corrections": mended}))
    assert out.getvalue().splitlines()[-1] == "  · model-a · unknown_price replaced · markup cleaned"


def test_reply_as_wanted_needs_no_aside(screen: tuple[Screen, io.StringIO]) -> None:
    view, out = screen
    view.show(make.assistant_message().altered({"voice": "model-a"}))
    assert "·" not in out.getvalue()


def test_reply_that_was_cut_off_says_so(screen: tuple[Screen, io.StringIO]) -> None:
    view, out = screen
    view.show(delta("أعتذر عن"))
    view.show(make.assistant_message(message="أعتذر عن").altered({"interrupted": True}))
    assert out.getvalue().splitlines()[-2:] == ["أعتذر عن", "  · انقطع الرد هنا قبل أن يكتمل"]


def test_long_lines_are_left_to_the_terminal(screen: tuple[Screen, io.StringIO]) -> None:
    view, out = screen
    words = "كلمة " * 40 + "نهاية"
    view.show(make.greeting(message=words))
    assert words in out.getvalue()


def test_nothing_said_moves_the_cursor(screen: tuple[Screen, io.StringIO]) -> None:
    view, out = screen
    view.show(delta("a\x1b[2J\x9b1mb\rc\x07\u202e"))
    view.show(ErrorFrame(call_id=CallId(make.CALL), code="x", message="\x1b]0;evil\x07تعذّر الرد"))
    assert "a[2J1mbc" in out.getvalue()
    assert "تعذّر الرد" in out.getvalue()
    assert not set(out.getvalue()) & set("\x1b\x9b\r\x07\u202e")


def test_terminal_is_asked_to_follow_the_direction_of_each_line(folder: Path) -> None:
    primary, secondary = pty.openpty()
    program = [sys.executable, "-c", "from callcenter.cli import main; main()", "chat", "-l", "ar"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm-256color"}
    chat = subprocess.Popen(
        program, stdin=secondary, stdout=secondary, stderr=secondary, cwd=folder, env=environment, close_fds=True
    )
    os.close(secondary)
    try:
        shown = _read(primary, until="> ")
        os.write(primary, "مرحبا\n/quit\n".encode())
        shown += _read(primary, until="\x1b[?2501l")
        assert chat.wait(30) == 0
    finally:
        chat.kill()
        os.close(primary)
    assert shown.startswith("\x1b[?2501h")
    assert "greeting" in shown


def _read(descriptor: int, *, until: str) -> str:
    """Return what a terminal shows up to some words, or to the end of patience."""
    shown = b""
    while until.encode() not in shown and select.select([descriptor], [], [], PATIENCE_SECONDS)[0]:
        try:
            piece = os.read(descriptor, 4096)
        except OSError:  # the program has ended
            break
        if not piece:
            break
        shown += piece
    return shown.decode(errors="replace")
