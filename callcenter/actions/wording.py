"""Say what came of an action, in every language at once. The texts stand in texts.toml.

Money and days are written as the company's profile writes them; what differs by language (an item's name, a date) is
filled in by language.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from callcenter.calls import ActionCode, ActionResult, Language, LocalizedText
from callcenter.company.calendar import Calendar
from callcenter.company.calendar_words import at_moment, dated, wall_time
from callcenter.company.money import CURRENCIES, written

_FILE: Final = Path(__file__).with_name("texts.toml")

Part = LocalizedText | str


def in_both(write: Callable[[Language], str]) -> LocalizedText:
    """Return a text made language by language."""
    return LocalizedText.model_validate({language.value: write(language) for language in Language})


def say(key: str, **parts: Part) -> LocalizedText:
    """Return the text under `key` with its parts filled in."""
    text = texts()[key]

    def write(language: Language) -> str:
        return text[language].format(**{name: _in(part, language) for name, part in parts.items()})

    return in_both(write)


def lines(*texts_: LocalizedText) -> LocalizedText:
    """Return texts one below the other."""
    return in_both(lambda language: "\n".join(each[language] for each in texts_))


def listed(items: Iterable[Part]) -> LocalizedText:
    """Return parts in one line, a comma between them."""
    parts = tuple(items)
    return in_both(lambda language: _COMMAS[language].join(_in(each, language) for each in parts))


_COMMAS: Final = {Language.ar: "، ", Language.en: ", "}


def money(amount: Decimal, currency: str) -> LocalizedText:
    """Write an amount as prices are written."""
    decimals = CURRENCIES[currency].decimals if currency in CURRENCIES else 2
    told = f"{amount:.{decimals}f} {currency}"
    return in_both(lambda language: written(told, language))


def day(told: str, *, otherwise: str) -> LocalizedText:
    """Write a date of a record ("2026-11-20", or a time that begins so) with its weekday; else the text `otherwise`."""
    try:
        on = date.fromisoformat(told.strip()[:10])
    except ValueError:
        return say(otherwise)
    return in_both(lambda language: dated(on, language))


def last_day(on: date) -> LocalizedText:
    """Write a day as it stands behind "until"."""
    return in_both(lambda language: dated(on, language, behind_preposition=True))


def at(calendar: Calendar, moment: datetime, now: datetime, *, behind_preposition: bool = False) -> LocalizedText:
    """Say when a moment is, as seen from `now`."""
    return in_both(
        lambda language: at_moment(calendar, moment, now=now, language=language, behind_preposition=behind_preposition)
    )


def absolute(calendar: Calendar, moment: datetime) -> LocalizedText:
    """Say when a moment is, whenever that is read."""

    def write(language: Language) -> str:
        on = dated(calendar.day_of(moment), language)
        return texts()["on_day_at"][language].format(day=on, time=wall_time(calendar, moment, language))

    return in_both(write)


def incomplete(missing: str, text: LocalizedText, **data: str) -> ActionResult:
    """Return that one argument is missing, and the question for it."""
    return ActionResult(code=ActionCode.incomplete, text=text, missing=(missing,), data=dict(data))


def refused(key: str, **parts: Part) -> ActionResult:
    """Return that the company's rules don't allow it."""
    return ActionResult(code=ActionCode.not_possible, text=say(key, **parts))


def nothing_found(key: str) -> ActionResult:
    """Return that there is no such thing, or it is not this customer's."""
    return ActionResult(code=ActionCode.nothing_found, text=say(key))


@cache
def texts() -> dict[str, LocalizedText]:
    """Return the packaged texts."""
    return TypeAdapter(dict[str, LocalizedText]).validate_python(tomllib.loads(_FILE.read_text("utf-8")))


def _in(part: Part, language: Language) -> str:
    return part[language] if isinstance(part, LocalizedText) else part
