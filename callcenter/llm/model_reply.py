"""One reply of a model's in the making: what of its words goes out, and what stands in for the rest. Does no I/O.

A reply that opens wrongly twice is given up: the next voice has an answer, a line of ours in its place has none.
Invariant: a sentence that failed a check is never let out; per fault one line of ours may take its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from callcenter.calls import TokenUsage
from callcenter.errors import ModelFailed
from callcenter.events import Correction, CorrectionAction
from callcenter.llm import Brief, CompletionKind, Delta, Failure, Heard, Stopped
from callcenter.llm.budget import Budget
from callcenter.llm.checks import LEFT_OUT, Checks, Fault, Gate, Ground, Instructions, Release, settled
from callcenter.llm.patience import Wait
from callcenter.llm.prompt import Prompt, ToolCall
from callcenter.llm.usage import estimated

MARKUP: Final = "markup"
"""The fault of a sentence that went out without its markup."""

_CUT: Final = "…"
_ANNOUNCED: Final = ":"
_SENTENCE_ENDS: Final = tuple(".!?؟…:\n")
_CLOSERS: Final = "\"'”’») "


class Unfit(Exception):  # noqa: N818 (it is the model's fault, and not always the end)
    """A sentence that can't be made good in its place; `again`: the model should be asked once more."""

    def __init__(self, correction: Correction, *, again: bool) -> None:
        super().__init__()
        self.correction = correction
        self.again = again


class ModelReply:
    """A reply, over all attempts at it."""

    def __init__(self, brief: Brief, checks: Checks, wait: Wait) -> None:
        """Begin waiting for the first attempt."""
        self.brief = brief
        self.wait = wait
        self.usage: TokenUsage | None = None
        """What all attempts took so far."""
        self.fault: Fault | None = None
        """What the first attempt was given up for."""
        self.retried = False
        self.heard = False
        """Something came from the model, in any attempt."""
        self.calls: list[ToolCall] = []
        """The tools asked for in the attempt that counts."""
        self.kind = CompletionKind.complete
        """How that attempt ended."""
        self._checks = checks
        self._out = ""
        self._cleaned = False
        self._replaced: set[Fault] = set()
        self._text = ""
        self._stopped: Stopped | None = None
        self._given_up: Unfit | None = None
        """Why nothing of its text goes out any more; only tools are waited for."""

    def begin(self, prompt: Prompt) -> None:
        """Begin an attempt."""
        self.calls = []
        self._prompt = prompt
        brief, state = self.brief, self.brief.state
        ground = Ground(
            language=brief.language,
            facts=prompt.facts,
            receipts=brief.receipts,
            tickets=frozenset(state.tickets),
            instructions=_instructions(prompt.guarded),
            settled=settled(state.slots, name=state.customer_name, asks=brief.asks),
        )
        self._gate = Gate(ground, self._checks)

    def take(self, heard: Heard) -> Iterator[Delta | Correction]:
        """Yield what may go out now that this was heard. Raises Unfit."""
        if isinstance(heard, str):
            if heard:
                self.heard = True
                self._text += heard
                yield from self._let_out(self._gate.feed(heard))
        elif isinstance(heard, ToolCall):
            self.heard = True
            self.calls.append(heard)
        else:
            self._stopped = heard

    def finish(self) -> Iterator[Delta | Correction]:
        """Yield what goes out at the end of an attempt. Raises Unfit; ModelFailed if the whole came to nothing."""
        if self._stopped is None:
            raise ModelFailed(reason=Failure.cut_short)
        self.kind = self._stopped.kind
        truncated = self.kind is CompletionKind.truncated
        if truncated:
            yield from self._let_out(self._gate.settle())
            # What is held is half a sentence, which may turn out to be anything.
            if self._out and not self._out.rstrip(_CLOSERS).endswith(_SENTENCE_ENDS):
                yield self._delta(_CUT)
        else:
            yield from self._let_out(self._gate.finish())
        if self._given_up is not None:
            if not self.calls:
                raise self._given_up
            yield self._given_up.correction
        elif not (self._out or self.calls or self._spoke_before):
            raise ModelFailed(reason=Failure.truncated if truncated else Failure.empty)

    def rescue(self) -> Iterator[Delta]:
        """Yield the last sentence of an attempt that broke off, if it is whole and fit."""
        if self._given_up is None:
            for release in self._gate.settle():
                if release.fault is None and release.text:
                    yield self._delta(release.text)

    def count(self, budget: Budget) -> None:
        """Count what the attempt took, by estimate if it was left before its end, and not at all if nothing came."""
        if self._stopped is not None:
            usage = budget.spent(self._stopped.usage)
        elif self._text:
            usage = budget.spent(estimated(self._prompt, self._text))
        else:
            return
        self.usage = usage if self.usage is None else self.usage.plus(usage)
        self._text, self._stopped = "", None

    @property
    def _spoke_before(self) -> bool:
        """Whether it may be silent now: something was said, and then tools wanted; enough or not, the speaker knows."""
        return bool(self.brief.exchanges and self.brief.said_now)

    def _let_out(self, releases: list[Release]) -> Iterator[Delta | Correction]:
        for release in releases:
            if self._given_up is not None:
                return
            if release.cleaned and not self._cleaned:
                self._cleaned = True
                yield Correction(fault=MARKUP, action=CorrectionAction.cleaned)
            if release.fault is not None:
                yield from self._make_good(release, release.fault)
            elif release.text:
                yield self._delta(release.text)

    def _make_good(self, release: Release, fault: Fault) -> Iterator[Delta | Correction]:
        """Yield what stands in for a sentence. Raises Unfit."""
        if self.fault is None and not self._out:
            self.fault = fault
            raise Unfit(Correction(fault=fault, action=CorrectionAction.regenerated), again=True)
        unfit = Unfit(Correction(fault=fault, action=CorrectionAction.dropped), again=False)
        if not self._out and fault is Fault.unbacked_action:
            # The tool that would make it true may come beside it; then what came of that is told in the next round.
            self._given_up = unfit
            return
        if not (self._out or fault is Fault.leaked_instructions or (fault is Fault.asked_again and self._spoke_before)):
            # Who reads out its instructions was mostly asked for them, which our line answers and no other voice does.
            raise unfit
        again = fault in self._replaced
        self._replaced.add(fault)
        if fault is Fault.wrong_language and (again or self.fault is fault or release.begun):
            # One whole sentence can be spared; more of them are the reply, and another voice should give it.
            raise unfit
        if again or (fault in LEFT_OUT and not release.begun):
            yield Correction(fault=fault, action=CorrectionAction.dropped)
            if release.begun:
                yield self._delta(_CUT)
            return
        yield Correction(fault=fault, action=CorrectionAction.replaced)
        line = self._checks.replacement(fault, self.brief.language, begun=release.begun)
        if release.begun and self._out.endswith(_ANNOUNCED):
            line = line.removeprefix(_CUT)
        yield self._delta(release.lead + line)

    def _delta(self, text: str) -> Delta:
        self._out += text
        return Delta(text)


@lru_cache(64)
def _instructions(text: str) -> Instructions:
    """Return a prompt's own words; personas and languages are few, and reading them takes longer than a reply."""
    return Instructions(text)
