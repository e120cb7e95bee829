"""A meeting and its changes. One way in for every change, whoever made it and wherever it was seen.

What a change means is decided here, from times alone: a move, a move back, a cancellation, or nothing at all (an edited
title, our own write coming back to us).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.domain.ledger import Seat
from service.domain.timespan import MINUTE, Span

LATE_HOURS = 24


class MeetingStatus(StrEnum):
    """Where a meeting stands."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    HELD = "held"
    MISSED = "missed"


class Confidence(StrEnum):
    """How sure we are who changed it: they told us, their calendar shows it, or nobody can say."""

    OBSERVED = "observed"
    INFERRED = "inferred"
    UNKNOWN = "unknown"


class DetectedVia(StrEnum):
    """Where a change was seen."""

    APP = "app"
    API = "api"
    GOOGLE = "google"
    MICROSOFT = "microsoft"
    CALDAV = "caldav"
    REPLY = "reply"


class ChangeKind(StrEnum):
    """What a change was."""

    MOVED = "moved"
    MOVED_BACK = "moved_back"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Initiator:
    """Who changed it. ``role`` ``None`` is "unknown": never a guess."""

    role: Seat | None
    confidence: Confidence


NOBODY_KNOWN = Initiator(None, Confidence.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a meeting's ``moves``. ``new`` is ``None`` for a cancellation."""

    kind: ChangeKind
    sequence: int
    old: Span
    new: Span | None
    initiator: Initiator
    detected_via: DetectedVia
    seen_at: int
    notice_minutes: int
    late: bool
    reason_code: str | None = None


def notice_minutes(old_start: int, seen_at: int) -> int:
    """The old start minus the moment the change was seen, in whole minutes (floor); negative after the start."""
    return (old_start - seen_at) // MINUTE


def classify(old: Span, new: Span | None, earlier: Sequence[Change]) -> ChangeKind:
    """A change that returns to where the latest move came from undoes it; any other change of time is a move."""
    if new is None:
        return ChangeKind.CANCELLED
    if earlier and earlier[-1].kind is ChangeKind.MOVED and earlier[-1].old == new and earlier[-1].new == old:
        return ChangeKind.MOVED_BACK
    return ChangeKind.MOVED


def change(
    *,
    old: Span,
    new: Span | None,
    earlier: Sequence[Change],
    sequence: int,
    initiator: Initiator,
    detected_via: DetectedVia,
    seen_at: int,
    late_hours: int = LATE_HOURS,
    reason_code: str | None = None,
    seen_sequence: int = 0,
) -> Change:
    """Makes the record of a change to a meeting that stood at ``old`` with ``sequence``.

    ``seen_sequence`` is the SEQUENCE found in somebody's calendar: ours never falls behind it (RFC 5546, 2.1.4)."""
    notice = notice_minutes(old.start, seen_at)
    return Change(
        kind=classify(old, new, earlier),
        sequence=max(sequence + 1, seen_sequence),
        old=old,
        new=new,
        initiator=initiator,
        detected_via=detected_via,
        seen_at=seen_at,
        notice_minutes=notice,
        late=notice < late_hours * 60,
        reason_code=reason_code,
    )


def counted(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The changes that count as moves: a move and the return that undid it cancel out; both stay on record."""
    kept: list[Change] = []
    for item in changes:
        if item.kind is ChangeKind.MOVED_BACK and kept and kept[-1].kind is ChangeKind.MOVED:
            kept.pop()
        else:
            kept.append(item)
    return tuple(kept)


class Sighting(StrEnum):
    """What a look at the calendar's copy of a meeting means."""

    NOTHING = "nothing"  # the same time as before: an edited title, a reminder, an answer
    OUR_WRITE = "our_write"  # a version of ours that we had not yet seen there
    MOVED = "moved"
    DELETED = "deleted"


def sighting(
    seen: Span | None, *, last_known: Span | None, current: Span | None, ours_in_flight: Sequence[Span]
) -> Sighting:
    """Tells someone's move from our own writes.

    ``seen``: the time in the calendar now (``None``: the event is gone or called off). ``last_known``: the time we last
    saw or wrote there (``None``: never). ``current``: the time the meeting has with us (``None``: cancelled).
    ``ours_in_flight``: times of versions that we have decided on but not yet confirmed there, the current one included.
    """
    if seen is None:
        return Sighting.NOTHING if current is None or last_known is None else Sighting.DELETED
    if seen == last_known:
        return Sighting.NOTHING
    if seen == current or seen in ours_in_flight:
        return Sighting.OUR_WRITE
    return Sighting.MOVED if current is not None else Sighting.NOTHING
