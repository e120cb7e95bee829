"""Answers by mail: the mailbox of our own address is read, and what answers one of our invitations is taken as the answer.

Nothing is ever written back, so no mail can begin a loop. An answer counts only from the person whose answer it is, about a
meeting of theirs that we invited them to, for its present version, and only the newest of several does."""

from __future__ import annotations

import structlog

from service.app.house import House
from service.app.note_answers import ANSWERS, proposed_words, take_answer
from service.domain.errors import Refused
from service.domain.ledger import Seat
from service.domain.timespan import DAY
from service.ports.mailbox import MailedAnswer, Mark
from service.store import mailbox, meetings, pairs, people

log = structlog.get_logger(__name__)

MOST_BATCHES = 20  # in one job; what is left comes with the next round
MOST_ANSWERS = 20  # by mail, from one seat to one version of a meeting; more is a program gone wild
CLOCKS_APART = DAY  # how far ahead of ours the clock of a sender's program may be


def plan_reading(house: House) -> int:
    """Enqueues a reading of the mailbox, once a beat; returns how many (none where there is no mailbox)."""
    if house.mailbox is None:
        return 0
    with house.writing() as session:
        house.jobs.enqueue(session, "read_mailbox", key=str(house.now() // max(house.sync_seconds, 1)))
    return 1


def read_mailbox(house: House) -> None:
    """Reads on from where the last reading ended. Raises ``Unreachable`` when it should be tried again later; a login that
    does not do is told to the operator (`holdfast doctor` tells it too), and tried again with the next round."""
    if house.mailbox is None:
        return
    for _ in range(MOST_BATCHES):
        with house.reading() as session:
            row = mailbox.state(session, house.mail_from)
            after = Mark(row.validity, row.last) if row else None
        try:
            found = house.mailbox.read(after)
        except Refused as trouble:
            log.warning("mailbox_refused", reason=trouble.detail)
            return
        taken = sum(take_mailed(house, answer) for answer in found.answers)
        with house.writing() as session:
            mailbox.keep_state(session, house.mail_from, found.mark.validity, found.mark.last)
        if found.answers or found.passed_over:
            log.info("mailbox_read", taken=taken, passed_over=found.passed_over + len(found.answers) - taken)
        if not found.more:
            return


def take_mailed(house: House, said: MailedAnswer) -> bool:
    """Takes one answer, if it counts; whether it did. Taken twice it changes nothing."""
    now = house.now()
    if said.sender != said.attendee or said.answer not in ANSWERS or said.stamp > now + CLOCKS_APART:
        return False
    with house.writing() as session:
        rows = meetings.by_uids(session, [said.uid])
        if not rows:
            return False
        pair = pairs.locked(session, rows[0].pair_id)
        meeting = meetings.get(session, rows[0].id)
        who = people.get_many(session, [pair.mentor_id, pair.mentee_id])
        seats = {Seat.MENTOR: who[pair.mentor_id], Seat.MENTEE: who[pair.mentee_id]}
        seat = next((seat for seat, person in seats.items() if person.email.lower() == said.sender), None)
        if seat is None or seat.value == meeting.organizer or meeting.server_invites:
            return False
        if meeting.status != "booked" or meeting.end <= now or said.sequence != meeting.sequence:
            return False
        newest = mailbox.newest_answer(session, meeting.id, seat.value)
        if newest.sequence == said.sequence:
            if newest.stamp >= said.stamp or newest.taken >= MOST_ANSWERS:
                return False
        else:
            newest.sequence, newest.taken = said.sequence, 0
        newest.stamp, newest.taken = said.stamp, newest.taken + 1
        proposed = said.proposed if said.proposed and said.proposed.start > now else None
        take_answer(house, session, pair, meeting, seat, said.answer, proposed_words(proposed) if proposed else None)
    return True
