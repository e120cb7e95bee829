"""When someone is not free: sorted integer intervals in numpy arrays, packed into one blob per calendar.

An interval has a kind but never a title: what is not stored cannot leak.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class BusyKind(StrEnum):
    """Why a time is taken; the words of the API. All three keep a slot from being proposed."""

    TENTATIVE = "tentative"
    BUSY = "busy"
    OUT_OF_OFFICE = "out_of_office"


# The code of a kind is its weight: where two intervals overlap, the heavier kind is what people see.
KINDS: tuple[BusyKind, ...] = (BusyKind.TENTATIVE, BusyKind.BUSY, BusyKind.OUT_OF_OFFICE)
_CODE = {kind: code for code, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True, eq=False)
class Busy:
    """Busy intervals ``[starts[i], ends[i])`` in epoch seconds with ``codes[i]`` into ``KINDS``.

    Sorted by start; they may overlap (two meetings at once are two meetings, which the hold model counts).
    ``merged()`` gives the disjoint form.
    """

    starts: Ints
    ends: Ints
    codes: Ints

    @staticmethod
    def empty() -> Busy:
        """Nothing at all."""
        none = np.empty(0, np.int64)
        return Busy(none, none, none)

    @staticmethod
    def of(items: Iterable[tuple[int, int, BusyKind]]) -> Busy:
        """From ``(start, end, kind)`` in any order; empty intervals are left out."""
        rows = sorted((start, end, _CODE[kind]) for start, end, kind in items if end > start)
        if not rows:
            return Busy.empty()
        table = np.array(rows, np.int64)
        return Busy(*(np.ascontiguousarray(table[:, column]) for column in range(3)))

    @staticmethod
    def union(parts: Iterable[Busy]) -> Busy:
        """All intervals of several calendars in one sorted table; exact duplicates (one event seen twice) count once."""
        tables = [part for part in parts if part.starts.size]
        if not tables:
            return Busy.empty()
        if len(tables) == 1:
            return tables[0]
        rows = np.stack(
            [np.concatenate([getattr(t, name) for t in tables]) for name in ("starts", "ends", "codes")], axis=1
        )
        rows = np.unique(rows, axis=0)
        return Busy(*(np.ascontiguousarray(rows[:, column]) for column in range(3)))

    def clipped(self, start: int, end: int) -> Busy:
        """What lies inside ``[start, end)``, cut at its edges."""
        keep = (self.ends > start) & (self.starts < end)
        return Busy(np.maximum(self.starts[keep], start), np.minimum(self.ends[keep], end), self.codes[keep])

    def overlaps(self, start: int, end: int) -> bool:
        """Whether anything touches ``[start, end)``."""
        return bool(np.any((self.starts < end) & (self.ends > start)))

    def without(self, start: int, end: int) -> Busy:
        """The table less every interval that is exactly ``[start, end)``: for judging a meeting's own time anew."""
        keep = ~((self.starts == start) & (self.ends == end))
        return Busy(self.starts[keep], self.ends[keep], self.codes[keep])

    def merged(self) -> list[tuple[int, int, BusyKind]]:
        """Disjoint ``(start, end, kind)`` in order; touching intervals of one kind become one, the heavier kind wins."""
        out: list[tuple[int, int, BusyKind]] = []
        if not self.starts.size:
            return out
        edges = np.unique(np.concatenate([self.starts, self.ends]))
        heaviest = np.full(edges.size - 1, -1, np.int64)
        first = np.searchsorted(edges, self.starts)
        last = np.searchsorted(edges, self.ends)
        for a, b, code in zip(first.tolist(), last.tolist(), self.codes.tolist(), strict=True):
            np.maximum(heaviest[a:b], code, out=heaviest[a:b])
        for index, code in enumerate(heaviest.tolist()):
            if code < 0:
                continue
            start, end = int(edges[index]), int(edges[index + 1])
            if out and out[-1][1] == start and out[-1][2] is KINDS[code]:
                out[-1] = (out[-1][0], end, KINDS[code])
            else:
                out.append((start, end, KINDS[code]))
        return out

    def pack(self) -> bytes:
        """A compact blob (little-endian int64: starts, ends, codes); ``unpack`` reads it without copying per row."""
        return np.stack([self.starts, self.ends, self.codes]).astype("<i8").tobytes()

    @staticmethod
    def unpack(blob: bytes) -> Busy:
        """The inverse of ``pack``. Raises ``ValueError`` for a blob that is not whole."""
        table = np.frombuffer(blob, "<i8").reshape(3, -1)
        return Busy(table[0], table[1], table[2])
