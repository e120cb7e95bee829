"""A person's meetings as a calendar to subscribe to, behind a secret address."""

from __future__ import annotations

from service.app.house import House
from service.app.invite import draft
from service.domain.errors import NotFound
from service.domain.ledger import Seat
from service.domain.timespan import DAY
from service.store import meetings, pairs, people

BEHIND_DAYS = 60


def feed(house: House, token: str) -> bytes:
    """``text/calendar`` of the person whose feed address this is. Raises ``NotFound``."""
    with house.reading() as session:
        person = people.by_feed(session, house.vault.fingerprint(token))
        if person is None:
            raise NotFound("There is no calendar at this address.")
        rows = meetings.of_person(session, person.id, ends_after=house.now() - BEHIND_DAYS * DAY)
        owners = {pair.id: pair for pair in pairs.of_person(session, person.id)}
        both = people.get_many(session, {id_ for pair in owners.values() for id_ in (pair.mentor_id, pair.mentee_id)})
        drafts = []
        for row in rows:
            pair = owners[row.pair_id]
            who = {Seat.MENTOR: both[pair.mentor_id], Seat.MENTEE: both[pair.mentee_id]}
            drafts.append(draft(house, session, pair, row, who=who))
    return house.feed.feed("Holdfast", drafts)
