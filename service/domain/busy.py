"""When someone is not free: sorted integer intervals in numpy arrays, packed into one blob per calendar.

An interval has a kind but never a title: what is not stored cannot leak.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class BusyKind(StrEnum):
    """Why a time is taken; the words of the API. All three keep a slot from being proposed."""

    TENTATIVE = "tentative"
    BUSY = "busy"
    OUT_OF_OFFICE = "out_of_office"


# The code of a kind is its weight: where two intervals overlap, the heavier kind is what people see.
KINDS: tuple[BusyKind, ...] = (BusyKind.TENTATIVE, BusyKind.BUSY, BusyKind.OUT_OF_OFFICE)
_CODE = {kind: code for code, kind in enumerate(KINDS)}
_SERIES = 4  # added to a packed code


@dataclass(frozen=True, slots=True, eq=False)
class Busy:
    """Busy intervals ``[starts[i], ends[i])`` in epoch seconds with ``codes[i]`` into ``KINDS``.

    Sorted by start; they may overlap (two meetings at once are two meetings, which the hold model counts).
    ``merged()`` gives the disjoint form. ``series[i]``: it is known to come again and again; ``None`` where that
    is known of none. Nobody is told it of a single interval.
    """

    starts: Ints
    ends: Ints
    codes: Ints
    series: Flags | None = None

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
        starts, ends, codes = np.ascontiguousarray(table.T)
        return Busy(starts, ends, codes)

    def in_series(self) -> Busy:
        """The same, each known to come again and again."""
        return Busy(self.starts, self.ends, self.codes, np.ones(self.starts.size, np.bool_))

    @staticmethod
    def union(parts: Iterable[Busy]) -> Busy:
        """All intervals of several calendars in one sorted table; exact duplicates (one event seen twice)
        count once, and come again and again where one of them does."""
        tables = [part for part in parts if part.starts.size]
        if not tables:
            return Busy.empty()
        if len(tables) == 1:
            return tables[0]
        starts, ends, codes = (
            np.concatenate([getattr(table, name) for table in tables]) for name in ("starts", "ends", "codes")
        )
        series = _flags(tables)
        order = np.lexsort((codes, ends, starts) if series is None else (~series, codes, ends, starts))
        starts, ends, codes = starts[order], ends[order], codes[order]
        new = (starts[1:] != starts[:-1]) | (ends[1:] != ends[:-1]) | (codes[1:] != codes[:-1])
        keep = np.append(True, new)
        return Busy(starts[keep], ends[keep], codes[keep], None if series is None else series[order][keep])

    def clipped(self, start: int, end: int) -> Busy:
        """What lies inside ``[start, end)``, cut at its edges."""
        last = int(self.starts.searchsorted(end))
        starts, ends, codes = self.starts[:last], self.ends[:last], self.codes[:last]
        series = None if self.series is None else self.series[:last]
        keep = ends > start
        if not keep.all():
            starts, ends, codes = starts[keep], ends[keep], codes[keep]
            series = None if series is None else series[keep]
        return Busy(np.maximum(starts, start), np.minimum(ends, end), codes, series)

    def overlaps(self, start: int, end: int) -> bool:
        """Whether anything touches ``[start, end)``."""
        return bool(np.any((self.starts < end) & (self.ends > start)))

    def without(self, start: int, end: int) -> Busy:
        """The table less every interval that is exactly ``[start, end)``: for judging a meeting's own time
        anew."""
        keep = ~((self.starts == start) & (self.ends == end))
        series = None if self.series is None else self.series[keep]
        return Busy(self.starts[keep], self.ends[keep], self.codes[keep], series)

    def merged(self) -> list[tuple[int, int, BusyKind]]:
        """Disjoint ``(start, end, kind)`` in order; touching intervals of one kind become one, the heavier
        kind wins."""
        if not self.starts.size:
            return []
        edges = np.unique(np.concatenate([self.starts, self.ends]))
        heaviest = np.full(edges.size, -1, np.int64)  # from edges[i] to the next; the last is never covered
        for code in range(len(KINDS)):
            rows = self.codes == code
            begun = np.bincount(np.searchsorted(edges, self.starts[rows]), minlength=edges.size)
            ended = np.bincount(np.searchsorted(edges, self.ends[rows]), minlength=edges.size)
            heaviest[np.add.accumulate(begun - ended) > 0] = code
        turns = np.flatnonzero(np.append(True, heaviest[1:] != heaviest[:-1]))
        at, kinds = edges[turns].tolist(), heaviest[turns].tolist()
        return [
            (start, end, KINDS[code]) for start, end, code in zip(at[:-1], at[1:], kinds[:-1], strict=True) if code >= 0
        ]

    def pack(self) -> bytes:
        """A compact blob (little-endian int64: starts, ends, codes); ``unpack`` reads it without copying per
        row."""
        codes = self.codes if self.series is None else self.codes + _SERIES * self.series
        return np.stack([self.starts, self.ends, codes]).astype("<i8").tobytes()

    @staticmethod
    def unpack(blob: bytes) -> Busy:
        """The inverse of ``pack``. Raises ``ValueError`` for a blob that is not whole."""
        table = np.frombuffer(blob, "<i8").reshape(3, -1)
        starts, ends, codes = table
        if codes.size and codes.max() >= _SERIES:
            return Busy(starts, ends, codes % _SERIES, codes >= _SERIES)
        return Busy(starts, ends, codes)


def _flags(tables: Sequence[Busy]) -> Flags | None:
    if all(table.series is None for table in tables):
        return None
    return np.concatenate(
        [np.zeros(table.starts.size, np.bool_) if table.series is None else table.series for table in tables]
    )
