"""After a meeting's end both are asked, each for themselves, whether it took place. Silence is never taken for a yes."""

from __future__ import annotations

from service.app.ask_both import ask_both
from service.app.house import House
from service.app.report_outcome import words_of
from service.domain.ledger import Seat
from service.domain.timespan import DAY
from service.store import meetings, pairs

LATEST = 14 * DAY  # what has been longer ago is not asked about any more


def ask_outcomes(house: House) -> int:
    """Asks about every booked meeting that has ended, once for each time at which it stood; returns how many."""
    now = house.now()
    with house.reading() as session:
        over = meetings.just_over(session, now, now - LATEST)
    for meeting_id, pair_id in over:
        with house.writing() as session:
            pair = pairs.locked(session, pair_id)
            meeting = meetings.get(session, meeting_id)
            if meeting.status != "booked" or meeting.end > now or meeting.outcome_asked >= meeting.sequence:
                continue
            meeting.outcome_asked = meeting.sequence
            words = words_of(meeting)
            said = {Seat.MENTOR: pair.mentor_id, Seat.MENTEE: pair.mentee_id}
            ask_both(
                house, session, pair, "outcome",
                about=f"{meeting.id}:{meeting.sequence}", useless_after=meeting.end + LATEST,
                but=[person_id for seat, person_id in said.items() if words[seat] is not None],
            )  # fmt: skip
    return len(over)
