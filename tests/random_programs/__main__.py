"""Play random programs: ``python -m tests.random_programs [--count N] [--start SEED]``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.random_programs.game import Difference, play, program_of, replay


def main() -> int:
    """Return how many of the programs asked for found a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.random_programs", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="how many programs to play")
    parser.add_argument("--start", type=int, default=0, help="the first one's seed")
    parser.add_argument("--show", type=int, metavar="SEED", help="print the program of a seed")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run a program's text again")
    parser.add_argument("--edition", type=int, choices=(1, 2), default=1, help="2: wider programs")
    options = parser.parse_args()
    if options.show is not None:
        print(program_of(options.show, options.edition))
        return 0
    if options.replay is not None:
        replay(options.replay.read_text())
        return 0
    failed = cut_short = 0
    began = time.monotonic()
    for seed in range(options.start, options.start + options.count):
        try:
            cut_short += play(seed, options.edition).cut_short
        except Difference as error:
            failed += 1
            print(f"{error}\n", flush=True)
    took = time.monotonic() - began
    print(f"{options.count - failed} of {options.count} programs agree ({took:.0f} s)")
    print(f"{cut_short} of them as far as PyTorch goes, which then fails an internal check")
    return min(failed, 255)


if __name__ == "__main__":
    sys.exit(main())
