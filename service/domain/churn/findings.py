"""What of a person's churn is sure enough to be told to that person: hours that fill up, and how late.

Only their own calendars are in it, and only they are told. The words are ``service.app.show_churn``'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.domain.churn.hours import HOURS, Flags
from service.domain.churn.leads import LEADS
from service.domain.churn.shares import WEEKDAYS, Floats, Shares

FEWEST = 4  # so many of the very hour must have been seen free and over
LEAST_SHARE = 0.25  # below a quarter nobody would say that it fills up
_SURE = 1.645  # standard deviations: 95 % on one side
MOST_FINDINGS = 6


@dataclass(frozen=True, slots=True)
class Finding:
    """``[start, end)`` hours of a weekday (0 = Monday) were free ``lead_days`` days ahead ``free`` times; ``taken`` of those
    times something took them before they came. ``share`` is drawn towards the person's mean ``usual`` at that lead."""

    weekday: int
    start: int
    end: int
    lead_days: int
    share: float
    usual: float
    free: int
    taken: int


def findings(shares: Shares) -> list[Finding]:
    """The hours that fill up clearly more often than the person's others, at the shortest lead at which that is so; the
    likeliest first, ``MOST_FINDINGS`` at most. None before there are weeks enough."""
    if not shares.enough:
        return []
    clear = _clear(shares)
    latest = clear[::-1].argmax(axis=0)  # LEADS fall: the last row that is clear is the shortest lead
    rows = np.where(clear.any(axis=0), len(LEADS) - 1 - latest, -1)
    found = [_finding(shares, weekday, *run) for weekday in range(WEEKDAYS) for run in _runs(rows[weekday].tolist())]
    return sorted(found, key=lambda one: (-one.share, one.weekday, one.start))[:MOST_FINDINGS]


def _clear(shares: Shares) -> Flags:
    """Where the share is above the person's mean of such hours, and above ``LEAST_SHARE``, beyond doubt."""
    share, weight = shares.share, shares.free + shares.strength
    doubt: Floats = np.sqrt(share * (1 - share) / (weight + 1))
    low = share - _SURE * doubt
    clear: Flags = shares.open & (shares.free >= FEWEST) & (share >= LEAST_SHARE) & (low > shares.mean)
    return clear


def _runs(rows: list[int]) -> list[tuple[int, int, int]]:
    """``(start, end, row)`` of neighbouring hours with one row; -1 is none."""
    found: list[tuple[int, int, int]] = []
    for hour in range(HOURS):
        if rows[hour] < 0:
            continue
        if found and found[-1][1:] == (hour, rows[hour]):
            found[-1] = (found[-1][0], hour + 1, rows[hour])
        else:
            found.append((hour, hour + 1, rows[hour]))
    return found


def _finding(shares: Shares, weekday: int, start: int, end: int, row: int) -> Finding:
    hours = (row, weekday, slice(start, end))
    return Finding(
        weekday,
        start,
        end,
        LEADS[row],
        share=float(shares.share[hours].mean()),
        usual=float(shares.mean[hours].mean()),
        free=int(shares.free[hours].sum()),
        taken=int(shares.taken[hours].sum()),
    )
