"""Instants and spans. Inside the house an instant is an ``int``: whole seconds since the Unix epoch, UTC.

Aware ``datetime`` objects exist only at the edges (people, providers, JSON); everything that is searched, merged or
compared is an integer, because an integer has no zone to get wrong and packs into numpy arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open span ``[start, end)`` in epoch seconds. Raises ``ValueError`` when it would be empty."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("a span must end after it starts")

    @property
    def seconds(self) -> int:
        """Its exact length."""
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        """Whether the two share at least one second."""
        return self.start < other.end and other.start < self.end

    def moved_to(self, start: int) -> Span:
        """The same length, beginning at ``start``."""
        return Span(start, start + self.seconds)


def epoch(moment: datetime) -> int:
    """Epoch seconds of an aware datetime; a naive one raises ``ValueError`` (a time without a zone is a guess)."""
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset or a zone")
    return int(moment.timestamp())


def moment(at: int) -> datetime:
    """The aware UTC datetime of an instant."""
    return datetime.fromtimestamp(at, UTC)


def local(at: int, zone: str) -> datetime:
    """The instant on the clock of an IANA zone."""
    return datetime.fromtimestamp(at, ZoneInfo(zone))


def rfc3339(at: int) -> str:
    """``2026-03-29T06:30:00Z``: how the API writes an instant."""
    return moment(at).isoformat()[:19] + "Z"  # a fifth of what strftime costs


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """The IANA zones: found by walking the machine's zone folders, once a process. Not among them is what lies there too and
    means another clock on every machine, or none."""
    return frozenset(available_timezones() - {"localtime", "Factory", "posixrules"})
