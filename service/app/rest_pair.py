"""A pair rests, goes on, starts afresh. No reason is asked for any of it, and who asked is not written down."""

from __future__ import annotations

from sqlmodel import Session

from service.app.call_off import call_off as call_off_in_nobodys_name
from service.app.drift import close_drift
from service.app.house import House
from service.app.keep_objectives import plan_review
from service.app.once import Once, keep, seen_before
from service.app.post.ask import drop_asks
from service.app.record import emit, note
from service.app.tell_both import tell_both
from service.app.withdraw import withdraw_open
from service.domain.errors import BadInput, NotNow
from service.domain.ledger import EntryType, Seat
from service.domain.pair import PairStatus
from service.store import farewells, meetings, pairs, people, reviews
from service.store.tables import Pair

STANDING = ("outcome",)  # a pause takes back what is asked, but for these: what has been has been


def pause_pair(
    house: House, pair_id: str, *, by: Seat, until: int | None, call_off: bool = False, once: Once | None = None
) -> None:
    """Rests until ``until`` (or until someone resumes). Open proposals are withdrawn, both get the same words.

    ``call_off``: what is booked in that time is called off too, in nobody's name. ``by`` is not kept."""
    seen_before(house, once)
    if until is not None and until <= house.now():
        raise BadInput.of("until", "must be in the future")
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        keep(session, once, pair_id, house.now())
        if pair.status == PairStatus.ENDED:
            raise NotNow("This pair has ended.")
        rest(house, session, pair, until=until, call_off=call_off)


def rest(house: House, session: Session, pair: Pair, *, until: int | None, call_off: bool = False) -> None:
    """The same inside the caller's transaction, the pair locked and not ended."""
    pair.status, pair.paused_until, pair.version = PairStatus.PAUSED.value, until, pair.version + 1
    note(house, session, pair.id, EntryType.PAIR_PAUSED, until=until)
    withdraw_open(house, session, pair.id)
    close_drift(house, session, pair.id)
    if call_off:
        for meeting in meetings.upcoming(session, pair.id, house.now()):
            if meeting.start > house.now() and (until is None or meeting.start < until):
                call_off_in_nobodys_name(house, session, pair, meeting, "pair_paused")
    emit(house, session, "pair.paused", {"pair_id": pair.id})
    tell_both(house, session, pair, "resting", until=until)


def resume_pair(house: House, pair_id: str, *, by: Seat, once: Once | None = None) -> None:
    """Goes on where it stopped."""
    seen_before(house, once)
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        keep(session, once, pair_id, house.now())
        if pair.status == PairStatus.ENDED:
            raise NotNow("This pair has ended; restart it to meet again.")
        if pair.status == PairStatus.PAUSED:
            _go_on(house, session, pair)


def resume_due(house: House) -> int:
    """Goes on with every pair whose pause has run out; returns how many."""
    with house.reading() as session:
        rested = pairs.rested(session, house.now())
    for pair_id in rested:
        with house.writing() as session:
            pair = pairs.locked(session, pair_id)
            if pair.status == PairStatus.PAUSED and pair.paused_until is not None and pair.paused_until <= house.now():
                _go_on(house, session, pair)
    return len(rested)


def _go_on(house: House, session: Session, pair: Pair) -> None:
    pair.status, pair.paused_until, pair.version = PairStatus.ACTIVE.value, None, pair.version + 1
    note(house, session, pair.id, EntryType.PAIR_RESUMED)


def restart_pair(house: House, pair_id: str, *, by: Seat, once: Once | None = None) -> None:
    """A fresh start, also after an end: what was moved before stops counting and stays on record; so do the sessions."""
    seen_before(house, once)
    with house.writing() as session:
        pair = pairs.locked(session, pair_id)
        keep(session, once, pair_id, house.now())
        if any(p.erased_at is not None for p in people.get_many(session, [pair.mentor_id, pair.mentee_id]).values()):
            raise NotNow("One of the two is no longer here.")
        reviews.drop_open(session, pair_id, house.now())
        farewells.drop_wishes(session, pair_id)
        close_drift(house, session, pair_id)
        drop_asks(house, session, pair_id=pair_id)
        pair.farewell, pair.farewell_until, pair.changing = None, None, False
        pair.status, pair.paused_until, pair.version = PairStatus.ACTIVE.value, None, pair.version + 1
        pair.sessions_since = house.now()
        plan_review(house, session, pair)
        note(house, session, pair_id, EntryType.PAIR_RESTARTED)
