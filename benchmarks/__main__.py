"""Measure the product against its goals.

    python -m benchmarks [turns] [startup] [growth] [--check]

Without names all are run, in about two minutes. `--check` ends with an error when a figure has fallen far behind its
goal (see figures.SLACK); a goal merely missed is printed, not punished.
"""

from __future__ import annotations

import argparse
import sys
from typing import Final

from benchmarks import growth, startup, turns
from benchmarks.figures import Figure, table

MEASURES: Final = {"turns": turns.measure, "startup": startup.measure, "growth": growth.measure}


def main() -> int:
    """Run what is asked for and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the product against its goals.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(MEASURES)}; all if left out"
    )
    parser.add_argument("--check", action="store_true", help="fail when a figure has fallen far behind its goal")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - MEASURES.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    figures: list[Figure] = []
    for name in wanted.names or MEASURES:
        print(f"{name} ...", flush=True)
        figures += MEASURES[name]()
    print(f"\n{table(figures)}")
    return int(wanted.check and any(figure.fallen_back for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
