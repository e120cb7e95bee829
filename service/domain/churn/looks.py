"""What was seen of a person's days: at each lead, and when the day was over. Pure; one look a day adds to it.

Three answers an hour (free, taken, not known) are two bits, so that a day seen eight times is 52 bytes, and half a year
of days a few kilobytes. Nothing of it says by what an hour was taken.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from service.domain.busy import Busy, Ints
from service.domain.churn.hours import HOURS, Flags, hours_of
from service.domain.churn.leads import LEADS
from service.domain.timespan import HOUR, local
from service.domain.wall_clock import local_days

KEEP_DAYS = 182  # half a year: what was usual before says little about now
SEEN = len(LEADS) + 1  # each lead, and last of all the day when it was over
OVER = SEEN - 1
LATEST_LOOK = 12 * HOUR  # after the day began; later than that it would be another lead
SETTLES_WITHIN = 7  # days after its end a day's outcome may still be read: a calendar goes on telling what was there
_EPOCH = 719163  # the ordinal of 1970-01-01
_FORM = b"\x01"  # how ``pack`` lays out what follows
_BYTES = HOURS // 8


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """``days``: local day numbers (days since 1970-01-01), rising; ``known[d, s, h]`` and ``taken[d, s, h]``: what sight
    ``s`` (the leads in their order, then the end) showed of hour ``h`` of that day."""

    days: Ints
    known: Flags
    taken: Flags

    def pack(self) -> bytes:
        """A small blob, for ``unpack``."""
        bits = (np.packbits(flags, axis=2).tobytes() for flags in (self.known, self.taken))
        return _FORM + zlib.compress(b"".join([self.days.astype("<i4").tobytes(), *bits]))

    @staticmethod
    def unpack(blob: bytes) -> Looks:
        """The inverse of ``pack``; an empty blob is no look. Raises ``ValueError`` for one that is not whole."""
        if not blob:
            return NO_LOOKS
        if blob[:1] != _FORM:
            raise ValueError("looks in a form that is not known")
        raw = zlib.decompress(blob[1:])
        count = len(raw) // (4 + 2 * SEEN * _BYTES)
        days = np.frombuffer(raw, "<i4", count).astype(np.int64)
        bits = np.frombuffer(raw, np.uint8, offset=4 * count).reshape(2, count, SEEN, _BYTES)
        known, taken = np.unpackbits(bits, axis=3).astype(np.bool_)
        return Looks(days, known, taken)

    def settled(self) -> Looks:
        """Only the days whose end was seen."""
        return self._only(np.logical_or.reduce(self.known[:, OVER], axis=1))

    def _only(self, rows: Flags) -> Looks:
        return Looks(self.days[rows], self.known[rows], self.taken[rows])


NO_LOOKS = Looks(np.empty(0, np.int64), np.empty((0, SEEN, HOURS), np.bool_), np.empty((0, SEEN, HOURS), np.bool_))


@dataclass(frozen=True, slots=True)
class Sight:
    """A person's time as it stands at ``now`` (epoch seconds): what takes it but Holdfast's own meetings, and until when
    all their calendars can be read (``0``: they cannot). ``off``: local days that are holidays."""

    now: int
    zone: str
    busy: Busy
    until: int
    off: Collection[int] = ()


def today(zone: str, now: int) -> int:
    """The local date as a day number."""
    return local(now, zone).toordinal() - _EPOCH


def next_look(zone: str, now: int) -> int:
    """When the next local day begins: then a look is due again."""
    bounds = local_days(zone, today(zone, now), today(zone, now) + 2)
    return int(bounds[bounds > now][0])


def look(looks: Looks, sight: Sight) -> Looks:
    """``looks`` with what ``sight`` adds: every day at a lead from today as it stands now, and the end of days just over.

    A second look on the same day changes nothing that the first one saw. Days beyond ``KEEP_DAYS`` fall out."""
    date = today(sight.zone, sight.now)
    kept = looks._only(looks.days >= date - KEEP_DAYS)
    begun = int(local_days(sight.zone, date, date)[0])
    if sight.now < begun + LATEST_LOOK:
        kept = _seen(kept, date + np.array(LEADS), np.arange(len(LEADS)), sight, after=sight.now)
    late = kept.days[(kept.days < date) & (kept.days >= date - SETTLES_WITHIN)]
    return _seen(kept, late, np.full(late.size, OVER), sight, after=0)


def forget_unsettled(looks: Looks) -> Looks:
    """Without the days still to come or to settle: when a person's calendars or zone are others than before, what those
    showed cannot be compared with what these show."""
    return looks.settled()


def _seen(looks: Looks, days: Ints, sights: Ints, sight: Sight, *, after: int) -> Looks:
    """Writes the hours of ``days[i]`` as sight ``sights[i]``, where that one knows nothing yet."""
    hours = hours_of(sight.zone, days, sight.busy, after=after, until=sight.until)
    worth = hours.known.any(axis=1) & ~np.isin(days, list(sight.off))
    if not worth.any():
        return looks
    every = np.union1d(looks.days, days[worth])
    known, taken = (np.zeros((every.size, SEEN, HOURS), np.bool_) for _ in range(2))
    at = np.searchsorted(every, looks.days)
    known[at], taken[at] = looks.known, looks.taken
    rows, columns = np.searchsorted(every, days[worth]), sights[worth]
    fresh = ~known[rows, columns].any(axis=1)
    rows, columns = rows[fresh], columns[fresh]
    known[rows, columns], taken[rows, columns] = hours.known[worth][fresh], hours.taken[worth][fresh]
    return Looks(every, known, taken)
