"""News for both: the same words to each, at the same moment, in one transaction; only name, clock and link are the reader's.

Nothing in them, nor the order in which they are written, depends on who asked for what is told."""

from __future__ import annotations

from sqlmodel import Session

from service.app.house import House
from service.app.invite import seats
from service.app.make_link import link_of
from service.domain.ledger import Seat
from service.domain.timespan import Span
from service.store.tables import MailRow, Meeting, Pair
from service.words import speaking
from service.words.letter import html, plain
from service.words.pair_news import NEWS, PairNews


def tell_both(
    house: House, session: Session, pair: Pair, what: str, *, until: int | None = None, last: Meeting | None = None
) -> None:
    """``what`` is one of ``words.pair_news.NEWS``. Inside the caller's transaction. A forgotten person is told nothing."""
    who = seats(session, pair)
    told = house.new_id("told")
    for seat in Seat:
        reader, other = who[seat], who[seat.other]
        if reader.erased_at is not None:
            continue
        link, _ = link_of(house, reader)
        with speaking(reader.language):
            letter = NEWS[what](
                PairNews(
                    name=reader.name,
                    zone=reader.time_zone,
                    other=other.name,
                    link=link,
                    every=pair.cadence_every,
                    unit=pair.cadence_unit,
                    until=until,
                    last=Span(last.start, last.end) if last is not None else None,
                    may_wish=pair.farewell == "asked",
                )
            )
            mail = MailRow(
                id=f"{told}.{seat.value}",
                person_id=reader.id,
                pair_id=pair.id,
                subject=letter.subject,
                text=plain(letter),
                html=html(letter),
                created_at=house.now(),
            )
        session.add(mail)
        session.flush()
        house.jobs.enqueue(session, "send_mail", mail.id, key=f"mail:{mail.id}")
