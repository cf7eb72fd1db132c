"""What messages cost a process that has never seen any: each is read once, in an order of its own.

python -m benchmarks.first_sight READER SEED

Repeated rounds would hide it: a reader that remembers words has seen them all by the second. Runs as a process of its
own and prints what it found as JSON.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Final

import orjson

from benchmarks.processes import ROOT, SERVER_CORE, pinned
from benchmarks.readers import READERS
from benchmarks.utterances import LENGTHS, utterances

_MICROS: Final = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSight:
    """What a fresh process took, in microseconds of CPU."""

    ready: float
    """To load what it goes by; imports are not counted."""
    first: float
    """For its very first message, a word long."""
    means: Mapping[str, float]
    """For a message of each length (its words): on average, what is made ready at need included."""
    medians: Mapping[str, float]
    """For a message of each length: what most take."""


def first_sight(reader: str, seed: int) -> FirstSight:
    """Have a fresh process read every message once, shuffled by `seed`."""
    with pinned(SERVER_CORE):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.first_sight", reader, str(seed)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
    return FirstSight(**orjson.loads(done.stdout))


def _read_all(reader: str, seed: int) -> FirstSight:
    """Read every message once, here."""
    messages = [(length, text) for (length, _), texts in utterances().items() for text in texts]
    # Not for secrets: the order is to differ from process to process and to be the same for all readers.
    random.Random(seed).shuffle(messages)  # noqa: S311
    began = time.process_time_ns()
    read = READERS[reader]()
    ready = time.process_time_ns() - began
    began = time.process_time_ns()
    read("hello")
    first = time.process_time_ns() - began
    took: dict[int, list[int]] = {length: [] for length in LENGTHS}
    for length, text in messages:
        began = time.process_time_ns()
        read(text)
        took[length].append(time.process_time_ns() - began)
    return FirstSight(
        ready=ready * _MICROS,
        first=first * _MICROS,
        means={str(length): fmean(each) * _MICROS for length, each in took.items()},
        medians={str(length): median(each) * _MICROS for length, each in took.items()},
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(asdict(_read_all(sys.argv[1], int(sys.argv[2])))))
