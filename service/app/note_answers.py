"""Answers to an invitation, as the organiser's calendar shows them or a mail brings them: accepted, declined, tentative, and
another time that was proposed with it. An answer is no move, and a proposed time is no move either: the other is asked
whether it suits. Whoever cannot come is offered other times; nobody else has to do anything."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from service.app.house import House
from service.app.post.ask import ask
from service.app.record import note
from service.domain.ledger import EntryType, Seat
from service.domain.timespan import Span, epoch, rfc3339
from service.ports.calendar import RemoteEvent
from service.store import people
from service.store.tables import Meeting, Pair

ANSWERS = ("accepted", "declined", "tentative")
OPEN = "needs_action"
PROPOSED = "proposed "


def note_answers(house: House, session: Session, pair: Pair, meeting: Meeting, event: RemoteEvent) -> None:
    """Keeps what has changed, inside the caller's transaction; the organiser's own line is no answer.

    A move asks everybody anew: where the calendar says so, the answer to the earlier time no longer counts."""
    if not event.responses:
        return
    rows = people.get_many(session, [pair.mentor_id, pair.mentee_id])
    lines = [(email.strip().lower(), answer) for email, answer in event.responses]
    given = {email: answer for email, answer in lines if not answer.startswith(PROPOSED)}
    proposed = {email: answer.removeprefix(PROPOSED) for email, answer in lines if answer.startswith(PROPOSED)}
    for seat, person_id in ((Seat.MENTOR, pair.mentor_id), (Seat.MENTEE, pair.mentee_id)):
        email = rows[person_id].email.lower()
        said, other = given.get(email), proposed.get(email)
        if seat.value == meeting.organizer or (said not in ANSWERS and said != OPEN):
            continue
        if said == OPEN and not meeting.server_invites:
            continue  # nobody answers in this calendar: what a mail brought stands
        take_answer(house, session, pair, meeting, seat, said if said in ANSWERS else None, other)


def take_answer(
    house: House, session: Session, pair: Pair, meeting: Meeting, seat: Seat, answer: str | None, proposed: str | None
) -> None:
    """Keeps one seat's answer if it is another than before, and asks what follows from it. ``None``: not answered yet."""
    if (answer, proposed) == _held(meeting, seat):
        return
    _keep(meeting, seat, answer, proposed)
    if answer is None:
        return
    note(
        house,
        session,
        pair.id,
        EntryType.INVITATION_ANSWERED,
        meeting_id=meeting.id,
        seat=seat.value,
        answer=answer,
        **({"proposed": proposed} if proposed else {}),
    )
    _follow_up(house, session, pair, meeting, seat, answer, proposed)


def _follow_up(
    house: House, session: Session, pair: Pair, meeting: Meeting, seat: Seat, answer: str, proposed: str | None
) -> None:
    who = {Seat.MENTOR: pair.mentor_id, Seat.MENTEE: pair.mentee_id}
    about = f"{meeting.id}:{meeting.sequence}:{seat}"
    facts = {"meeting_id": meeting.id, "seat": seat.value, "sequence": meeting.sequence}
    span = read_proposed(proposed)
    if span is not None and span != Span(meeting.start, meeting.end):
        ask(
            house, session, who[seat.other], "counter", pair_id=pair.id, about=f"{about}:{span.start}",
            useless_after=min(meeting.start, span.start), facts={**facts, "start": span.start},
        )  # fmt: skip
    elif answer == "declined":
        ask(
            house, session, who[seat], "cannot_come", pair_id=pair.id, about=about,
            useless_after=meeting.start, facts=facts,
        )  # fmt: skip


def proposed_words(span: Span) -> str:
    """How a proposed time is kept."""
    return f"{rfc3339(span.start)}/{rfc3339(span.end)}"


def read_proposed(text: str | None) -> Span | None:
    """And read again; ``None`` for what is no time to come to."""
    start, _, end = (text or "").partition("/")
    try:
        return Span(epoch(datetime.fromisoformat(start)), epoch(datetime.fromisoformat(end)))
    except ValueError:
        return None


def answer_of(meeting: Meeting, seat: Seat) -> tuple[str | None, str | None]:
    """What a seat answered, and the time it proposed."""
    return _held(meeting, seat)


def _held(meeting: Meeting, seat: Seat) -> tuple[str | None, str | None]:
    if seat is Seat.MENTOR:
        return meeting.mentor_answer, meeting.mentor_proposed
    return meeting.mentee_answer, meeting.mentee_proposed


def _keep(meeting: Meeting, seat: Seat, answer: str | None, proposed: str | None) -> None:
    if seat is Seat.MENTOR:
        meeting.mentor_answer, meeting.mentor_proposed = answer, proposed
    else:
        meeting.mentee_answer, meeting.mentee_proposed = answer, proposed
