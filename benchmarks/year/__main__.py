"""``python -m benchmarks.year``: both worlds, what was found, and the figures. Progress goes to stderr."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.year.cast import make_cast
from benchmarks.year.figures import figures, table
from benchmarks.year.life import live
from benchmarks.year.with_care import Town
from benchmarks.year.without_care import World

MEMORY = Path("/dev/shm")  # files in memory, where there are such: nothing of it is kept


def run(pairs: int, days: int, seed: int, folder: Path, *, check_links: int = 1, tell: Any = None) -> tuple[Town, Any]:
    """Both worlds; the town with its findings, and the figures."""
    begun = time.monotonic()
    cast = make_cast(seed, pairs, days)
    lives = {soul.key: live(soul, seed, days) for soul in cast.souls}
    outcomes = World(cast, lives, seed, days).run()
    town = Town(cast, lives, seed, days, folder, check_links=check_links, tell=tell or (lambda _text: None))
    town.run()
    return town, figures(town, outcomes, time.monotonic() - begun)


def main() -> int:
    """The command. Exit 1 where something was found that should not be."""
    parser = argparse.ArgumentParser(prog="benchmarks.year", description=__doc__)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="nothing but JSON on stdout")
    given = parser.parse_args()
    begun = time.monotonic()

    def tell(text: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {text}", file=sys.stderr)

    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        town, found = run(given.pairs, given.days, given.seed, Path(folder), tell=tell)
    print(json.dumps(found, indent=2) if given.json else table(found))
    return 1 if town.watch.findings else 0


if __name__ == "__main__":
    sys.exit(main())
