"""The mail that asks: written from what still stands at the moment it goes, in the person's language and on their clock.

Nothing that still stands: nothing is sent. A mail server that does not answer: the bundle waits, is written afresh for the
next try, and keeps its Message-ID. No ask is mailed twice."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlmodel import Session

from service.app.house import House
from service.app.make_link import link_of
from service.app.post.ask import may_go
from service.app.post.kinds import KINDS
from service.app.send_mail import SETTINGS, send_mail
from service.domain.errors import NotFound, Unreachable
from service.domain.timespan import HOUR, MINUTE
from service.store import asks, people
from service.store.tables import AskRow, MailRow, Person
from service.words import _, ngettext, speaking
from service.words.letter import Letter, Section, html, plain

log = structlog.get_logger(__name__)

WAIT_FOR_SERVER = HOUR
UNDER_WAY = 15 * MINUTE  # so long a bundle that is being sent is not due to anybody else


def plan_bundles(house: House) -> int:
    """Enqueues every bundle that is due, once; returns how many."""
    with house.reading() as session:
        due = asks.due(session, house.now())
    if due:
        with house.writing() as session:
            for person_id, at in due:
                # An hour later what is still due is a new job: the one before came to nothing.
                house.jobs.enqueue(session, "send_bundle", person_id, key=f"{person_id}:{at}:{house.now() // HOUR}")
    return len(due)


def send_bundle(house: House, person_id: str) -> None:
    """Sends the person what still stands, if their rules allow it now; else it is planned anew."""
    mail_id = _write(house, person_id)
    if mail_id is None:
        return
    try:
        send_mail(house, mail_id)
    except Unreachable:
        with house.writing() as session:
            person = people.get(session, person_id)
            at = may_go(session, person.id, person, house.now() + WAIT_FOR_SERVER)
            for row in asks.open_of(session, person_id):
                if row.mailed_at is None:
                    row.due_at = at
        return
    with house.writing() as session:
        _settle(session, asks.open_of(session, person_id), house.now())


def standing(house: House, session: Session, person_id: str) -> list[AskRow]:
    """What the person is asked and what still stands, as it was asked. Changes nothing."""
    return _standing(house, session, asks.open_of(session, person_id))


def on_page(house: House, session: Session, reader: Person) -> list[Section]:
    """The same for the person's own page, where it does not stand beside its pair."""
    rows = [row for row in standing(house, session, reader.id) if not KINDS[row.kind].with_pair]
    said = (_said(house, session, row, reader) for row in sorted(rows, key=_soonest))
    return [section for section in said if section is not None]


def _said(house: House, session: Session, row: AskRow, reader: Person) -> Section | None:
    """The ask in words, in the language spoken around the call. One that cannot be said keeps no other from being said."""
    try:
        return KINDS[row.kind].section(house, session, row, reader)
    except Exception:  # a fault of ours in one kind: the others are no less wanted
        log.exception("ask_without_words", kind=row.kind, ask=row.id)
        return None


def _standing(house: House, session: Session, rows: Sequence[AskRow]) -> list[AskRow]:
    """Those of them that still stand; where one question about a pair came several times, the newest."""
    found = [row for row in rows if _stands(house, session, row)]
    newest = {(row.kind, row.pair_id): row.id for row in found}
    return [row for row in found if not KINDS[row.kind].newest_alone or newest[row.kind, row.pair_id] == row.id]


def _stands(house: House, session: Session, row: AskRow) -> bool:
    if row.useless_after is not None and row.useless_after <= house.now():
        return False
    kind = KINDS.get(row.kind)
    if kind is None:
        log.error("ask_of_unknown_kind", kind=row.kind)
        return False
    try:
        return kind.still_wanted(house, session, row)
    except NotFound:
        return False


def _write(house: House, person_id: str) -> str | None:
    """Writes the bundle, or writes it afresh; returns its id, or ``None`` where nothing goes now."""
    with house.writing() as session:
        people.lock_time(session, [person_id])
        person = people.get_many(session, [person_id])[person_id]
        envelope = asks.envelope(session, person_id)
        rows, wanted = asks.open_of(session, person_id), []
        _settle(session, rows, house.now())
        stand = {row.id for row in _standing(house, session, rows)} if person.erased_at is None else set()
        for row in rows:
            if row.id not in stand:
                row.closed_at, row.due_at = house.now(), None
            elif row.mailed_at is None:
                wanted.append(row)
        if not wanted:
            if envelope is not None:
                session.delete(envelope)
            return None
        now = house.now()
        at = may_go(session, person.id, person, now)
        if at > now:
            for row in wanted:
                row.due_at = at
            return None
        with speaking(person.language):
            said = [(row, _said(house, session, row, person)) for row in sorted(wanted, key=_soonest)]
            parts = [section for _row, section in said if section is not None]
            letter = _letter(house, parts, person) if parts else None
        for row, section in said:
            if section is None:
                row.due_at = None
        if letter is None:
            return None
        mail = envelope or MailRow(
            id=house.new_id("mail"), person_id=person_id, asks=True, subject="", text="", html="", created_at=now
        )
        mail.subject, mail.text, mail.html = letter.subject, plain(letter), html(letter)
        session.add(mail)
        for row, section in said:
            if section is not None:
                row.mail_id, row.due_at = mail.id, now + UNDER_WAY
        return mail.id


def _soonest(row: AskRow) -> tuple[bool, int, str]:
    """What runs out first stands first; what does not run out, as it was asked."""
    return row.useless_after is None, row.useless_after or 0, row.id


def _settle(session: Session, rows: Sequence[AskRow], now: int) -> None:
    """Marks what went (or never will, the address being refused), also where the process ended before it could say so."""
    waiting = [row for row in rows if row.mail_id is not None and row.mailed_at is None]
    status = asks.mail_status(session, [row.mail_id or "" for row in waiting])
    for row in waiting:
        if status.get(row.mail_id or "", "queued") != "queued":
            row.mailed_at, row.due_at = now, None


def _letter(house: House, parts: Sequence[Section], reader: Person) -> Letter:
    link, _until = link_of(house, reader)
    subject, more = parts[0].subject or parts[0].title, len(parts) - 1
    if more:
        subject = ngettext("{subject} (and one more)", "{subject} (and {count} more)", more).format(
            subject=subject, count=more
        )
    return Letter(
        subject=subject,
        greeting=_("Dear {name},").format(name=reader.name),
        sections=tuple(parts),
        foot=(
            promise(reader),
            _("Answers typed to this mail are not read; its buttons and your page do everything."),
        ),
        links=((_("Your page"), link), (_("How often Holdfast may write to you"), f"{link}/{SETTINGS}")),
    )


def promise(person: Person) -> str:
    """What holds for every mail that asks."""
    return ngettext(
        "Holdfast asks by mail at most once a week, by day and on your working days.",
        "Holdfast asks by mail at most once a day and {count} times a week, by day and on your working days.",
        person.mails_per_week,
    ).format(count=person.mails_per_week)
