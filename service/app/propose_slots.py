"""Proposing: a few ranked slots, stored, with somebody whose turn it is to answer and an expiry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from service.app.find_slots import Found, Situation, find_slots, read_situation
from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.rank_slots import Exploration
from service.app.refresh import due_of, look_at
from service.app.store_offer import Offer, store_offer
from service.domain.errors import NotNow, TooMany
from service.domain.ledger import EntryType, Seat
from service.domain.pair import PairStatus
from service.domain.proposal import MOST_OPEN, Purpose, next_responder
from service.store import pairs, proposals, situations
from service.store.plain import look_in
from service.store.situations import PairRow
from service.store.tables import Pair

FRESH_SECONDS = 30
NEWEST = 10


def check_active(pair: Pair | PairRow) -> None:
    """Raises ``NotNow`` where the pair rests or has ended, unless both wish for a last meeting."""
    if pair.status == PairStatus.ENDED and pair.farewell != "wished":
        raise NotNow("This pair has ended; restart it to meet again.")
    if pair.status == PairStatus.PAUSED:
        raise NotNow("This pair rests; resume it to meet again.")


def propose_slots(
    house: House,
    pair_id: str,
    *,
    horizon_days: int = 28,
    limit: int = 5,
    duration_minutes: int | None = None,
    responder: Seat | None = None,
    by: Seat | None = None,
    at_hand: bool = False,
    once: Once | None = None,
) -> str:
    """Makes a proposal; returns its id. With nothing to offer it is made all the same and says why.

    ``by``: who asked for it, where a person did. ``at_hand``: the responder has it before their eyes just now, so the mail that
    asks them may wait a while. Raises ``TooMany`` where the pair has ``MOST_OPEN`` already."""
    made = make_proposal(
        house, pair_id, horizon_days=horizon_days, limit=limit, duration_minutes=duration_minutes,
        responder=responder, by=by, at_hand=at_hand, once=once,
    )  # fmt: skip
    return str(made["id"])


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be stored, as it was asked for."""

    proposal_id: str
    horizon_days: int
    responder: Seat | None
    by: Seat | None = None
    at_hand: bool = False
    once: Once | None = None


def make_proposal(
    house: House,
    pair_id: str,
    *,
    horizon_days: int = 28,
    limit: int = 5,
    duration_minutes: int | None = None,
    responder: Seat | None = None,
    by: Seat | None = None,
    at_hand: bool = False,
    once: Once | None = None,
) -> dict[str, Any]:
    """``propose_slots``; returns the proposal in the words of ``show.offer``."""
    seen_before(house, once)
    situation = read_situation(house, pair_id, horizon_days=horizon_days, duration_minutes=duration_minutes)
    check_active(situation.pair)
    if due := _due(house, situation):
        look_at(house, due)
        situation = read_situation(house, pair_id, horizon_days=horizon_days, duration_minutes=duration_minutes)
    proposal_id, found = _find(house, situation, limit)
    with house.writing() as session:
        return _store(
            house, session, situation, found,
            Asked(proposal_id, horizon_days, responder, by=by, at_hand=at_hand, once=once),
        )  # fmt: skip


class NotAtOnce(Exception):
    """What was asked for has to wait: for calendars that are read first (``reads``), or for somebody else who writes."""

    def __init__(self, *, reads: bool) -> None:
        super().__init__()
        self.reads = reads


def make_from_what_is_read(
    house: House,
    pair_id: str,
    *,
    at_once: bool,
    horizon_days: int = 28,
    limit: int = 5,
    duration_minutes: int | None = None,
    responder: Seat | None = None,
    by: Seat | None = None,
) -> dict[str, Any]:
    """``make_proposal`` where no calendar has to be read first; with ``at_once`` (for SQLite) without waiting for whoever
    writes. Raises ``NotAtOnce``, with nothing done."""
    with house.writing_at_once() if at_once else house.writing() as session:
        if session is None:
            raise NotAtOnce(reads=False)
        situation = read_situation(
            house, pair_id, horizon_days=horizon_days, duration_minutes=duration_minutes, look=look_in(session)
        )
        check_active(situation.pair)
        if _due(house, situation):
            raise NotAtOnce(reads=True)
        proposal_id, found = _find(house, situation, limit)
        return _store(house, session, situation, found, Asked(proposal_id, horizon_days, responder, by=by))


def _due(house: House, situation: Situation) -> list[str]:
    held = [calendar for each in situation.ground.calendars for calendar in each]
    return due_of(house, held, older_than=FRESH_SECONDS)


def _find(house: House, situation: Situation, limit: int) -> tuple[str, Found]:
    proposal_id = house.new_id("prop")
    return proposal_id, find_slots(house, situation, limit=limit, exploration=Exploration(house.explore, proposal_id))


def _store(house: House, session: Session, situation: Situation, found: Found, asked: Asked) -> dict[str, Any]:
    pair = situations.lock(session, situation.pair.id)
    check_active(pair)
    keep(session, asked.once, asked.proposal_id, house.now())
    check_room(house, session, pair.id)
    offer = Offer(
        asked.proposal_id,
        asked.responder or _turn(session, pair.id),
        by=asked.by,
        at_hand=asked.at_hand,
        horizon_days=asked.horizon_days,
    )
    return store_offer(house, session, pair, situation, found, offer)


def _turn(session: Session, pair_id: str) -> Seat:
    """Whose turn it is, from the newest offers where one of them tells, else from the whole history."""
    newest = pairs.latest(session, pair_id, EntryType.PROPOSAL_CREATED, most=NEWEST)
    whole = len(newest) < NEWEST or any(e.data.get("purpose", Purpose.NEXT) == Purpose.NEXT for e in newest)
    return next_responder(newest if whole else pairs.ledger(session, pair_id))


def check_room(house: House, session: Session, pair_id: str) -> None:
    """Raises ``TooMany`` where the pair has as many open proposals as anybody can look after."""
    standing = proposals.standing(session, pair_id, house.now())
    if len(standing) >= MOST_OPEN:
        raise TooMany(
            f"This pair has {MOST_OPEN} open proposals. Accept or decline one, or wait until they run out.",
            extra={"open": standing, "limit": MOST_OPEN},
        )
