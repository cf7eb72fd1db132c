"""Measure the product against its goals.

    python -m benchmarks [analyzer] [turns] [startup] [growth] [streams] [stores] [fuzz] [--check] [--cases N]

Without names all but `stores` and `fuzz` are run, in about five minutes; `fuzz` takes four and a half by itself, and
`stores` needs PostgreSQL and Node. `streams` is a part of `turns`. `--check` ends with an error when a figure has
fallen far behind its goal (see figures.SLACK); a goal merely missed is printed, not punished.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from benchmarks.figures import Figure, table

MEASURES: Final = ("analyzer", "turns", "startup", "growth")
ON_REQUEST: Final = ("streams", "stores", "fuzz")
"""Run only when named; `turns` runs `streams` as well."""
PEERS: Final = frozenset({"agents", "hypothesis", "lingua", "vaderSentiment"})
"""Packages that only some programs need, and the product none of."""
CASES: Final = 100_000


def main() -> int:
    """Run what is asked for and print the table."""
    programs = (*MEASURES, *ON_REQUEST)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the product against its goals.")
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"what to measure: {', '.join(programs)}; all but {', '.join(ON_REQUEST)} if left out",
    )
    parser.add_argument("--check", action="store_true", help="fail when a figure has fallen far behind its goal")
    parser.add_argument("--cases", type=int, default=CASES, metavar="N", help=f"texts to fuzz with ({CASES:,})")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(programs):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(programs)}")
    if wanted.cases < 1:
        parser.error("--cases must be 1 at least")
    options: Mapping[str, Mapping[str, int]] = {"fuzz": {"cases": wanted.cases}}
    figures: list[Figure] = []
    for name in wanted.names or MEASURES:
        print(f"{name} ...", flush=True)
        figures += _measure(name)(**options.get(name, {}))
    print(f"\n{table(figures)}")
    return int(wanted.check and any(figure.fallen_back for figure in figures))


def _measure(name: str) -> Callable[..., list[Figure]]:
    """Load one program, and so only the peers that it needs; exit with advice when they are not installed."""
    try:
        measure: Callable[..., list[Figure]] = import_module(f"benchmarks.{name}").measure
    except ModuleNotFoundError as missing:
        if missing.name not in PEERS:
            raise
        sys.exit(f"{name} needs {missing.name}, which `make bench` installs; requirements-bench.lock has it.")
    return measure


if __name__ == "__main__":
    sys.exit(main())
