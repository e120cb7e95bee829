"""API keys (hashes only) and the record of POSTs that were carried out."""

from __future__ import annotations

from sqlmodel import Session, col, select

from service.domain.errors import NotFound
from service.store.tables import ApiKey, IdempotencyRow


def by_hash(session: Session, hashed: str) -> ApiKey | None:
    """The live key with this hash."""
    query = select(ApiKey).where(ApiKey.hash == hashed, col(ApiKey.revoked_at).is_(None))
    return session.exec(query).first()


def get(session: Session, key_id: str) -> ApiKey:
    """One key. Raises ``NotFound``."""
    row = session.get(ApiKey, key_id)
    if row is None:
        raise NotFound(f"There is no key {key_id}.")
    return row


def everything(session: Session) -> list[ApiKey]:
    """All keys, revoked ones too, oldest first."""
    return list(session.exec(select(ApiKey).order_by(col(ApiKey.id))).all())


def idempotent(session: Session, caller: str, key: str) -> IdempotencyRow | None:
    """What was carried out under this key for this caller."""
    return session.get(IdempotencyRow, (caller, key))
