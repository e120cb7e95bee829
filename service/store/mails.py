"""Mails: an outbox, and what is shown where no mail server is configured."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import null
from sqlmodel import Session, col, select, update

from service.domain.errors import NotFound
from service.store.tables import MailRow, Meeting


def get(session: Session, mail_id: str) -> MailRow:
    """One mail. Raises ``NotFound``."""
    row = session.get(MailRow, mail_id)
    if row is None:
        raise NotFound(f"There is no mail {mail_id}.")
    return row


def of_meetings(session: Session, meeting_ids: list[str]) -> list[MailRow]:
    """The mails about some meetings, oldest first, in one query."""
    query = select(MailRow).where(col(MailRow.meeting_id).in_(meeting_ids)).order_by(col(MailRow.created_at))
    return list(session.exec(query).all())


NEUTRAL = {"subject": "About a meeting", "text": "", "html": "", "draft": null()}


def neutralise(session: Session, pair_ids: Sequence[str]) -> None:
    """Takes the words, and the names in them, out of every mail about these pairs or their meetings that is not still to be
    sent."""
    meetings = select(Meeting.id).where(col(Meeting.pair_id).in_(pair_ids))
    about = col(MailRow.meeting_id).in_(meetings) | col(MailRow.pair_id).in_(pair_ids)
    session.exec(update(MailRow).where(about, col(MailRow.status) != "queued").values(NEUTRAL))


def everything_of(session: Session, person_id: str) -> list[MailRow]:
    """All mails to a person, oldest first."""
    return list(session.exec(select(MailRow).where(MailRow.person_id == person_id).order_by(col(MailRow.id))).all())


def kept_for(session: Session, person_id: str, limit: int = 100) -> list[MailRow]:
    """What was kept for a person because no mail server was set up, the newest first."""
    mine = select(MailRow).where(MailRow.person_id == person_id, MailRow.status == "kept")
    return list(session.exec(mine.order_by(col(MailRow.created_at).desc(), col(MailRow.id).desc()).limit(limit)).all())


def kept(session: Session, person_id: str, mail_id: str) -> MailRow:
    """One of them. Raises ``NotFound`` for anybody else's, and where its words are gone."""
    row = session.get(MailRow, mail_id)
    if row is None or row.person_id != person_id or row.status != "kept" or not row.html:
        raise NotFound("This mail is not kept here.")
    return row


def any_kept_for(session: Session, person_id: str) -> bool:
    """Whether there is such a mail."""
    mine = select(MailRow.id).where(MailRow.person_id == person_id, MailRow.status == "kept")
    return session.exec(mine.limit(1)).first() is not None


def latest(session: Session, limit: int = 100) -> list[MailRow]:
    """The newest mails first."""
    query = select(MailRow).order_by(col(MailRow.created_at).desc(), col(MailRow.id).desc()).limit(limit)
    return list(session.exec(query).all())
