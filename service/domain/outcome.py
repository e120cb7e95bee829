"""Did it happen? Two people are asked, and each one's word is kept as it was said.

One yes makes a meeting held; missed needs a no and no yes; silence makes it neither. Where the two remember it differently
both words stay: nobody is asked to explain, and nobody is corrected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.domain.errors import BadInput
from service.domain.ledger import Seat
from service.domain.meeting import MeetingStatus
from service.domain.timespan import MINUTE

Words = Mapping[Seat, bool | None]  # what each seat said; ``None``: nothing

LEAST_WORTH, MOST_WORTH = 1, 5


def settled(words: Words) -> MeetingStatus | None:
    """``HELD``, ``MISSED``, or ``None`` while nobody has said anything."""
    said = set(words.values()) - {None}
    if not said:
        return None
    return MeetingStatus.HELD if True in said else MeetingStatus.MISSED


def differ(words: Words) -> bool:
    """Whether the two remember it differently."""
    return set(words.values()) == {True, False}


def check_worth(worth: int | None) -> None:
    """Raises ``BadInput`` for what is not a whole number from 1 to 5."""
    if worth is not None and not (type(worth) is int and LEAST_WORTH <= worth <= MOST_WORTH):
        raise BadInput.of("worth", f"must be a whole number from {LEAST_WORTH} to {MOST_WORTH}")


@dataclass(frozen=True, slots=True)
class Sitting:
    """A meeting that is over: how long it was to take (seconds), how it was settled, and what each said."""

    seconds: int
    status: MeetingStatus
    words: Words


def minutes_given(sittings: Iterable[Sitting]) -> dict[Seat, int]:
    """The minutes each seat has given: of the meetings that were held, by that seat's own word; where it said nothing, by
    the other's. So a seat that says it was not there has given nothing, also where the other remembers it differently."""
    given = dict.fromkeys(Seat, 0)
    for sitting in sittings:
        if sitting.status is not MeetingStatus.HELD:
            continue
        for seat in Seat:
            if sitting.words[seat] is not False:
                given[seat] += sitting.seconds // MINUTE
    return given
