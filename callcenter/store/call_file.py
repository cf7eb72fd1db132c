"""The file that calls are moved in: JSON, a line each, so that it is written and read in the memory of one call.

The first line says what kind of file it is, then comes every call with its log and tickets, last how many there were:
a file cut short is noticed. What is wrong with a line is told by place, never by what stands there.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import IO, Literal

from pydantic import ValidationError

from callcenter.calls import Value
from callcenter.errors import InvalidRequest
from callcenter.store import Archive


class Header(Value):
    """The first line."""

    format: Literal["callcenter-calls"] = "callcenter-calls"
    version: Literal[1] = 1
    """Of the format."""
    product: str
    """The version of callcenter that wrote the file."""


class Count(Value):
    """The last line: what the file holds."""

    calls: int = 0
    events: int = 0
    tickets: int = 0

    def plus(self, archive: Archive) -> Count:
        """Return the count with one call more."""
        return Count(
            calls=self.calls + 1,
            events=self.events + len(archive.events),
            tickets=self.tickets + len(archive.tickets),
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A call on its way, or a line of a file that should be one."""

    number: int | None
    """The header is 1. None: it comes straight from a store."""
    archive: Archive | None
    """None: it is no call."""
    problem: str | None = None
    """Then why."""


async def write_calls(archives: AsyncIterator[Archive], out: IO[bytes], *, product: str) -> Count:
    """Write a whole file; return what it holds."""
    count = Count()
    out.write(Header(product=product).model_dump_json().encode() + b"\n")
    async for archive in archives:
        out.write(archive.model_dump_json().encode() + b"\n")
        count = count.plus(archive)
    out.write(count.model_dump_json().encode() + b"\n")
    return count


def read_calls(file: IO[bytes]) -> Iterator[Line]:
    """Yield the lines between header and count. Raises InvalidRequest before the first when the file is none of ours.

    Raises it also at the end, after all that can be read, when the file is damaged, cut short or not whole.
    """
    lines = _lines(file)
    _check_header(next(lines, (1, b""))[1])
    seen = Count()
    for number, text in lines:
        try:
            archive = Archive.model_validate_json(text)
        except ValidationError as error:
            if (said := _count(text)) is not None:
                _check_end(said, seen, number, next(lines, None))
                return
            if not text.endswith(b"\n"):
                break
            seen = seen.altered({"calls": seen.calls + 1})
            yield Line(number, None, f"no call can be read from it ({_place(error)})")
        else:
            seen = seen.plus(archive)
            yield Line(number, archive)
    raise InvalidRequest(f"The file is cut short: its end is missing after {seen.calls} calls. Export it again.")


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    number = 0
    try:
        for number, text in enumerate(file, start=1):
            yield number, text
    except EOFError:
        return  # compressed, and cut short: the count is missing
    except (zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the file
        raise InvalidRequest(
            f"The file is damaged after line {number}, or is not compressed as its name says."
        ) from None


def _check_header(text: bytes) -> None:
    try:
        Header.model_validate_json(text)
    except ValidationError:
        raise InvalidRequest(
            "This is no file of `callcenter export FILE`, or it is of a later version. Transcripts that were exported "
            "by period hold no tickets and can't be imported."
        ) from None


def _count(text: bytes) -> Count | None:
    try:
        return Count.model_validate_json(text)
    except ValidationError:
        return None


def _check_end(said: Count, seen: Count, number: int, more: tuple[int, bytes] | None) -> None:
    if more is not None:
        raise InvalidRequest(f"Something stands after the file's end in line {number}; what follows was left out.")
    if said.calls != seen.calls:
        raise InvalidRequest(f"The file is not whole: it was written with {said.calls} calls and has {seen.calls}.")


def _place(error: ValidationError) -> str:
    return ".".join(str(part) for part in error.errors(include_url=False, include_input=False)[0]["loc"]) or "no JSON"
