"""That the cost rises in step with what is looked at: finding and scoring over longer horizons, and finding for more people.

``python -m benchmarks.linear [--json] [--svg docs/images/linear.svg]`` measures (processor time, medians) and draws.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.cases import STEP, W1_FROM, W1_PEOPLE, W2_PEOPLE, Case, make_parties
from service.domain.slots import find
from service.domain.stability import NO_MEMORY, score
from service.domain.timespan import DAY

DAYS = (7, 14, 28, 56, 84, 112, 140, 180)
CROWDS = (2, 4, 6, 8, 12, 16, 24, 32)
CROWD_DAYS, EVENTS_A_DAY = 84, 5
Point = tuple[float, float]


def cost(work: Callable[[], object], rounds: int) -> float:
    """Microseconds of processor time: the median of some rounds after a first one."""
    work()
    taken = []
    for _ in range(rounds):
        began = time.thread_time_ns()
        work()
        taken.append((time.thread_time_ns() - began) / 1000)
    return median(taken)


def measure(rounds: int = 40) -> dict[str, list[Point]]:
    """``{series: [(how many, microseconds), …]}``: over days for two people, over people for ``CROWD_DAYS``."""
    found: dict[str, list[Point]] = {"find, 2 people": [], "score, 2 people": [], "find, a crowd": []}
    for days in DAYS:
        case = _case(W1_PEOPLE, days)
        candidates = _search(case)
        found["find, 2 people"].append((days, cost(lambda case=case: _search(case), rounds)))  # type: ignore[misc]
        scoring = cost(
            lambda case=case, some=candidates: score(some, case.parties, NO_MEMORY, W1_FROM - DAY),  # type: ignore[misc]
            rounds,
        )
        found["score, 2 people"].append((candidates.starts.size, scoring))
    for people in CROWDS:
        case = _case((W2_PEOPLE * 4)[:people], CROWD_DAYS)
        found["find, a crowd"].append((people, cost(lambda case=case: _search(case), rounds)))  # type: ignore[misc]
    return found


def straightness(points: list[Point]) -> float:
    """R² of the straight line through the points."""
    x, y = (np.array(column, float) for column in zip(*points, strict=True))
    return float(np.corrcoef(x, y)[0, 1] ** 2)


def _case(people: list[tuple[str, int, int]], days: int) -> Case:
    parties = make_parties(people, start=W1_FROM, days=days, events=days * EVENTS_A_DAY, seed=days)
    return Case(parties, W1_FROM, W1_FROM + days * DAY, 3600, STEP, [])


def _search(case: Case) -> Any:
    return find(case.parties, duration=case.duration, not_before=case.start, until=case.end, step=case.step)


WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 300, 220, 50, 46, 34
UNITS = {"find, 2 people": "days", "score, 2 people": "candidates", "find, a crowd": "people, 84 days"}


def svg(measured: dict[str, list[Point]]) -> str:
    """Three small plots side by side; each with the line that fits best."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * len(measured)} {HEIGHT}" '
        'font-family="sans-serif" font-size="11" fill="#333">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for place, (name, points) in enumerate(measured.items()):
        parts += _panel(place * WIDTH, name, points)
    return "\n".join([*parts, "</svg>", ""])


def _panel(left: int, name: str, points: list[Point]) -> list[str]:
    most_x, most_y = (max(column) * 1.05 for column in zip(*points, strict=True))
    wide, high = WIDTH - LEFT - 20, HEIGHT - BELOW - ABOVE

    def at(x: float, y: float) -> tuple[float, float]:
        return round(left + LEFT + x / most_x * wide, 1), round(ABOVE + high - y / most_y * high, 1)

    slope, base = np.polyfit(*zip(*points, strict=True), 1)
    (x0, y0), (x1, y1), (x2, y2) = at(0, 0), at(0, max(base, 0.0)), at(most_x, base + slope * most_x)
    parts = [
        f'<text x="{left + LEFT}" y="18" font-weight="bold">{name}: R² {straightness(points):.3f}</text>',
        f'<path d="M{x0} {ABOVE}V{y0}H{left + WIDTH - 20}" fill="none" stroke="#999"/>',
        f'<path d="M{x1} {y1}L{x2} {y2}" stroke="#c60" stroke-dasharray="4 3" fill="none"/>',
        f'<text x="{left + LEFT + wide / 2}" y="{HEIGHT - 8}" text-anchor="middle">{UNITS[name]}</text>',
        f'<text x="{left + LEFT - 6}" y="{ABOVE + 4}" text-anchor="end">{most_y:.0f} µs</text>',
    ]
    for x, y in points:
        px, py = at(x, y)
        parts.append(f'<circle cx="{px}" cy="{py}" r="3" fill="#06c"/>')
        parts.append(f'<text x="{px}" y="{y0 + 14}" text-anchor="middle" font-size="8">{x:.0f}</text>')
    return parts


def main(arguments: list[str] | None = None) -> int:
    """Measures, prints, and draws where it is told to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.linear", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--svg", type=Path, help="where to draw it")
    options = parser.parse_args(arguments)
    measured = measure()
    if options.svg:
        options.svg.write_text(svg(measured), encoding="utf-8")
    if options.json:
        print(json.dumps({name: {"points": p, "r2": round(straightness(p), 4)} for name, p in measured.items()}))
    else:
        for name, points in measured.items():
            told = "  ".join(f"{x:.0f}: {y:.0f} µs" for x, y in points)
            print(f"{name} ({UNITS[name]})  R² {straightness(points):.3f}  {told}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
