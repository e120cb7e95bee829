"""A pair ends, with grace: the same few words to both, nobody learns who asked; if it is wished, a last meeting to look back
and to say thanks, and a note to whoever coordinates."""

from __future__ import annotations

from sqlmodel import Session

from service.app.ask_both import ask_both
from service.app.call_off import call_off
from service.app.drift import close_drift
from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.post.ask import drop_asks
from service.app.record import emit, note
from service.app.tell_both import tell_both
from service.app.withdraw import withdraw_open
from service.domain.errors import BadInput
from service.domain.ledger import EntryType, Seat
from service.domain.pair import PairStatus
from service.domain.timespan import DAY
from service.store import farewells, meetings, pairs, reviews
from service.store.tables import Meeting, Pair

LONGEST_NOTE = 2000
FAREWELL_DAYS = 30  # so long a last meeting can be wished for, and then arranged


def end_pair(
    house: House,
    pair_id: str,
    *,
    by: Seat,
    last_meeting: bool = False,
    handover: str | None = None,
    once: Once | None = None,
) -> None:
    """Ends it: upcoming meetings are called off in neutral words, and nobody learns who asked.

    ``last_meeting``: the next meeting that is booked stays as the last one; where none is, both are asked whether they would
    like one, and whoever asked here has said so already. ``handover``: a note to whoever coordinates; kept without who wrote
    it. A pair that has ended stays as it is."""
    seen_before(house, once)
    text = (handover or "").strip()
    if len(text) > LONGEST_NOTE:
        raise BadInput.of("handover", f"may have {LONGEST_NOTE} characters at most")
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        keep(session, once, pair_id, house.now())
        if pair.status == PairStatus.ENDED:
            return
        wisher = pair.mentor_id if by is Seat.MENTOR else pair.mentee_id
        end_now(house, session, pair, last_meeting=last_meeting, wisher=wisher if last_meeting else None)
        if text:
            farewells.add_note(session, house.new_id("note"), pair_id, text, house.now())


def end_now(
    house: House, session: Session, pair: Pair, *, last_meeting: bool = False, wisher: str | None = None
) -> None:
    """The same inside the caller's transaction, the pair locked and not ended."""
    pair.status, pair.paused_until, pair.version = PairStatus.ENDED.value, None, pair.version + 1
    pair.changing = False
    withdraw_open(house, session, pair.id)
    close_drift(house, session, pair.id)
    reviews.drop_open(session, pair.id, house.now())
    drop_asks(house, session, pair_id=pair.id)
    last = _call_off(house, session, pair, keep_first=last_meeting)
    pair.farewell, pair.farewell_until = None, None
    if last is not None:
        pair.farewell = "kept"
    elif last_meeting:
        pair.farewell, pair.farewell_until = "asked", house.now() + FAREWELL_DAYS * DAY
        if wisher is not None:
            farewells.wish(session, pair.id, wisher, True, house.now())
        about = f"{pair.id}:{pair.version}"  # a pair may end more than once
        until = pair.farewell_until
        ask_both(house, session, pair, "last_meeting", about=about, useless_after=until, but=[wisher] if wisher else [])
    note(house, session, pair.id, EntryType.PAIR_ENDED)
    emit(house, session, "pair.ended", {"pair_id": pair.id})
    tell_both(house, session, pair, "ended", last=last)


def end_for_good(house: House, session: Session, pair: Pair) -> None:
    """One of the two is no longer here: of a pair that has ended already nothing is left to come, nor to be wished for."""
    withdraw_open(house, session, pair.id)
    _call_off(house, session, pair, keep_first=False)
    farewells.drop_wishes(session, pair.id)
    drop_asks(house, session, pair_id=pair.id)
    pair.farewell, pair.farewell_until = None, None


def _call_off(house: House, session: Session, pair: Pair, *, keep_first: bool) -> Meeting | None:
    coming = [m for m in meetings.upcoming(session, pair.id, house.now()) if m.start > house.now()]
    last = coming.pop(0) if keep_first and coming else None
    for meeting in coming:
        call_off(house, session, pair, meeting, "pair_ended")
    return last
