"""Did it happen: the rule that settles it, and the hours given."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from service.domain.errors import BadInput
from service.domain.ledger import Seat
from service.domain.meeting import MeetingStatus
from service.domain.outcome import Sitting, check_worth, differ, minutes_given, settled

HELD, MISSED = MeetingStatus.HELD, MeetingStatus.MISSED


def words(mentor: bool | None, mentee: bool | None) -> dict[Seat, bool | None]:
    return {Seat.MENTOR: mentor, Seat.MENTEE: mentee}


@pytest.mark.parametrize(("mentor", "mentee"), list(product((True, False, None), repeat=2)))
def test_one_yes_makes_it_held_a_no_alone_makes_it_missed_and_silence_neither(
    mentor: bool | None, mentee: bool | None
) -> None:
    expected = HELD if True in (mentor, mentee) else MISSED if False in (mentor, mentee) else None
    assert settled(words(mentor, mentee)) is expected
    assert differ(words(mentor, mentee)) is ({mentor, mentee} == {True, False})


@pytest.mark.parametrize("worth", [0, 6, -1, True, 2.0, "3"])
def test_a_mark_is_a_whole_number_from_one_to_five(worth: Any) -> None:
    with pytest.raises(BadInput):
        check_worth(worth)
    for good in (None, 1, 5):
        check_worth(good)


def test_each_seat_has_given_what_it_says_it_gave() -> None:
    hour = 3600
    sittings = [
        Sitting(hour, HELD, words(True, True)),
        Sitting(hour, HELD, words(True, None)),  # the mentee said nothing: the mentor's word goes for both
        Sitting(2 * hour, HELD, words(False, True)),  # remembered differently: each by their own word
        Sitting(hour, MISSED, words(False, None)),
        Sitting(hour, MeetingStatus.BOOKED, words(None, None)),
        Sitting(hour, MeetingStatus.CANCELLED, words(None, None)),
    ]
    assert minutes_given(sittings) == {Seat.MENTOR: 120, Seat.MENTEE: 240}
    assert minutes_given([]) == {Seat.MENTOR: 0, Seat.MENTEE: 0}
