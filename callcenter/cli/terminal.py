"""Talk to the company in a terminal, as a customer, and see what happens to each line behind the scenes.

Lines come from the terminal or a pipe; the call runs on the embedded store like any other. What personas and people say
stands on lines of its own, so that a terminal that knows right-to-left text shows Arabic as it should.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.text import Text

from callcenter.api.transcripts.bidi import plain
from callcenter.api.transcripts.words import INTERRUPTED, Wording
from callcenter.bootstrap import App, build
from callcenter.bus import Subscription
from callcenter.calls import CallId, Channel, Language, PersonaType
from callcenter.company import Company
from callcenter.conversation import Utterance
from callcenter.errors import CallCenterError, InvalidRequest
from callcenter.events import (
    ActionDecided,
    ActionRun,
    AssistantDelta,
    AssistantMessage,
    CallErased,
    CallEvent,
    CallFrame,
    ErrorFrame,
    Greeting,
    Handoff,
    Routing,
    ToolCalled,
)
from callcenter.personas import PersonaManager
from callcenter.settings import Settings

_STYLES: Final = {PersonaType.reception: "blue", PersonaType.sales: "green", PersonaType.complaints: "red"}
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Nothing that is said may move the cursor or recolour the screen."""
_DIRECTION_BY_LINE: Final = ("\x1b[?2501h", "\x1b[?2501l")
"""Have the terminal choose each line's direction by its words, and stop; one that can't ignores it."""
_HELP: Final = "/ar, /en: the language your client states · /persona NAME: another persona · /quit: end the call"


def talk(settings: Settings, *, language: Language | None, name: str | None, persona: str | None) -> None:
    """Run one call from greeting to goodbye. Raises ConfigurationError, InvalidRequest, StoreUnavailable."""
    with asyncio.Runner() as runner:
        app = runner.run(build(settings))
        try:
            wanted = persona_named(app, persona) if persona else None
            started = runner.run(
                app.conversations.start(customer_name=name, language=language, channel=Channel.console)
            )
            with _screen(app, started.state.language) as screen:
                screen.show(started.greeting)
                _Call(runner, app, screen, started.state.call_id).run(wanted)
        finally:
            runner.run(app.close())


def persona_named(app: App, typed: str) -> PersonaType:
    """Return the persona meant by its role or its name in any language. Raises InvalidRequest."""
    sought = typed.strip().casefold()
    for persona in PersonaType:
        if sought in {persona.value, *(app.personas.name(persona, language).casefold() for language in Language)}:
            return persona
    raise InvalidRequest(f"No persona is called {typed}; choose {', '.join(PersonaType)}.")


class _Call:
    """One call with whoever types. Input is read between turns, outside the event loop: Ctrl-C works at the prompt."""

    def __init__(self, runner: asyncio.Runner, app: App, screen: Screen, call_id: CallId) -> None:
        self._runner = runner
        self._app = app
        self._screen = screen
        self._call_id = call_id
        self._stated: Language | None = None

    def run(self, persona: PersonaType | None) -> None:
        if persona:
            self._move_to(persona)
        for line in _lines(self._screen):
            command = line.strip()
            if command == "/quit":
                break
            if command.startswith("/"):
                self._obey(command)
            elif command:
                self._say(line)
        ended = self._runner.run(self._app.conversations.end(self._call_id, reason="customer left the terminal"))
        self._screen.say_aside(f"{ended.outcome} · callcenter export {self._call_id}")

    def _obey(self, command: str) -> None:
        name, _, argument = command.removeprefix("/").partition(" ")
        stated = next((each for each in Language if each == name), None)
        if stated:
            self._stated = stated
            self._screen.say_aside(f"your client states: {stated.native_name}")
        elif name == "persona":
            try:
                self._move_to(persona_named(self._app, argument))
            except InvalidRequest as error:
                self._screen.say_aside(error.message)
        else:
            self._screen.say_aside(_HELP)

    def _move_to(self, persona: PersonaType) -> None:
        handoff = self._runner.run(self._app.conversations.switch_persona(self._call_id, persona))
        if handoff:
            self._screen.show(handoff)
        else:
            self._screen.say_aside(f"{persona} has the call already")

    def _say(self, text: str) -> None:
        try:
            self._runner.run(self._turn(text))
        except CallCenterError as error:
            self._screen.say_aside(error.message)

    async def _turn(self, text: str) -> None:
        async with self._app.bus.subscribe(self._call_id) as reader:
            follower = asyncio.create_task(self._follow(reader))
            try:
                turn = await self._app.conversations.handle(Utterance(self._call_id, text, language=self._stated))
            finally:
                follower.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await follower
        for event in turn.events:  # what the follower was stopped before it had shown
            self._screen.show(event)

    async def _follow(self, reader: Subscription) -> None:
        while True:
            for frame in await reader.batch():
                self._screen.show(frame)


class Screen:
    """Shows frames of a call, each stored event once, replies as they come."""

    def __init__(self, console: Console, language: Language, personas: PersonaManager, company: Company) -> None:
        self._console = console
        self._personas = personas
        self._company = company
        self._wording = Wording(language, personas, company)
        self._shown = 0
        """The last stored event shown."""
        self._streamed = ""
        """What stands on the screen of the reply in the making."""
        self._speaking: PersonaType | None = None
        """Under whose name the cursor stands."""

    def show(self, frame: CallFrame) -> None:
        """Show what happened; an event shown before is not shown again."""
        if isinstance(frame, AssistantDelta):
            self._speak(frame.persona, frame.delta)
        elif isinstance(frame, ErrorFrame):
            self.say_aside(frame.message)
        elif isinstance(frame, CallErased):
            self.say_aside("call erased")
        elif frame.seq > self._shown:
            self._shown = frame.seq
            self._show_event(frame)

    def say_aside(self, text: str) -> None:
        """Say something that is not part of the conversation."""
        self._end_line()
        self._print(f"  · {text}\n", "dim")

    def heard(self, line: str) -> None:
        """Show a line that came through a pipe, where nobody saw it being typed."""
        self._print(f"\n> {line}\n", "bold")

    def _show_event(self, event: CallEvent) -> None:  # noqa: C901 (one case an event)
        match event:
            case Greeting():
                self._say(event.persona, event.message)
            case Routing():
                self._wording = Wording(event.decision.language, self._personas, self._company)
                self.say_aside(_understood(event))
            case AssistantMessage():
                if rest := event.message.removeprefix(self._streamed):
                    self._speak(event.persona, rest)
                self._end_line()
                self._streamed = ""
                if event.interrupted:
                    self.say_aside(self._wording.text(INTERRUPTED))
                if event.voice_reason or event.corrections:
                    self.say_aside(_spoken(event))
            case ToolCalled():
                self.say_aside(_asked(event))
            case _ if note := self._wording.note(event):
                self.say_aside(note)
                if isinstance(event, Handoff):
                    self._say(event.from_persona, event.message)
                elif isinstance(event, ActionDecided | ActionRun) and event.message is not None:
                    self._end_line()
                    self._print(f"{event.message}\n", "")
            case _:
                pass

    def _say(self, persona: PersonaType, words: str) -> None:
        """Show something said whole; a reply in the making goes on after it, under its name again."""
        self._end_line()
        self._name(persona)
        self._print(f"{words}\n", "")

    def _speak(self, persona: PersonaType, words: str) -> None:
        if self._speaking is not persona:
            self._end_line()
            self._name(persona)
            self._speaking = persona
        self._streamed += words
        self._print(words, "")

    def _name(self, persona: PersonaType) -> None:
        self._print(f"{self._wording.persona(persona)}\n", f"bold {_STYLES[persona]}")

    def _end_line(self) -> None:
        if self._speaking:
            self._speaking = None
            self._print("\n", "")

    def _print(self, text: str, style: str) -> None:
        self._console.print(Text(_CONTROLS.sub("", plain(text)), style=style), end="", soft_wrap=True)


def _understood(event: Routing) -> str:
    analysis, decision = event.analysis, event.decision
    # The customer's words come last: whatever their direction, they can't reorder the rest of the line.
    words = " ".join(f"“{word}”" for word in decision.matched)
    verdicts = f"{analysis.intent.intent} {analysis.intent.confidence:.2f} · {analysis.sentiment.sentiment}"
    return f"{verdicts} · {decision.target_persona}, {decision.priority} · {decision.rule} {words}".rstrip()


def _asked(event: ToolCalled) -> str:
    # As above: what may be the customer's words comes last.
    verdict = "granted" if event.granted else "refused"
    receipt = f" ({event.receipt})" if event.receipt else ""
    arguments = " ".join(f"{name} “{value}”" for name, value in event.arguments.items())
    return f"{event.tool} {verdict}: {event.reason}{receipt} · {arguments}".rstrip(" ·")


def _spoken(event: AssistantMessage) -> str:
    corrections = [f"{each.fault} {each.action}" for each in event.corrections]
    return " · ".join([event.voice, *([event.voice_reason] if event.voice_reason else []), *corrections])


@contextmanager
def _screen(app: App, language: Language) -> Iterator[Screen]:
    """Open the screen, in a terminal with the direction of each line chosen by its words."""
    console = Console(highlight=False, markup=False, emoji=False)
    on, off = _DIRECTION_BY_LINE if console.is_terminal else ("", "")
    console.file.write(on)
    try:
        yield Screen(console, language, app.personas, app.company)
    finally:
        console.file.write(off)


def _lines(screen: Screen) -> Iterator[str]:
    """Yield what is typed or piped in, until it ends or Ctrl-C is pressed at the prompt."""
    at_terminal = sys.stdin.isatty()
    if at_terminal:
        with contextlib.suppress(ImportError):  # absent on Windows; it gives input() history and editing
            import readline  # noqa: F401
    while True:
        try:
            line = input("\n> " if at_terminal else "")
        except (EOFError, KeyboardInterrupt):
            return
        if not at_terminal and line.strip():
            screen.heard(line)
        yield line
