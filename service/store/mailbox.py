"""How far the mailbox was read, and the newest mailed answer of each seat."""

from __future__ import annotations

from sqlmodel import Session

from service.store.tables import MailboxRow, MailedAnswerRow


def state(session: Session, address: str) -> MailboxRow | None:
    """How far it was read; ``None`` before the first time."""
    return session.get(MailboxRow, address)


def keep_state(session: Session, address: str, validity: int, last: int) -> None:
    """Writes it down; never back within one state of the mailbox."""
    row = session.get(MailboxRow, address)
    if row is None:
        session.add(MailboxRow(address=address, validity=validity, last=last))
    elif row.validity != validity or row.last < last:
        row.validity, row.last = validity, last


def newest_answer(session: Session, meeting_id: str, seat: str) -> MailedAnswerRow:
    """The newest answer of a seat, or an empty row to write the first into."""
    row = session.get(MailedAnswerRow, (meeting_id, seat))
    if row is None:
        row = MailedAnswerRow(meeting_id=meeting_id, seat=seat, sequence=-1, stamp=0)
        session.add(row)
    return row
