"""API keys (hashes only) and the record of POSTs that were carried out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from service.domain.errors import NotFound
from service.store.plain import Look, Plain, PlainInsert
from service.store.tables import ApiKey, IdempotencyRow

_LIVE = Plain(
    select(ApiKey.id, ApiKey.scope).where(ApiKey.hash == bindparam("hashed"), col(ApiKey.revoked_at).is_(None))
)


def live(look: Look, hashed: str) -> tuple[str, str] | None:
    """``(id, scope)`` of the key with this hash, unless it was revoked."""
    rows = look.rows(_LIVE, hashed=hashed)
    return (rows[0][0], rows[0][1]) if rows else None


def get(session: Session, key_id: str) -> ApiKey:
    """One key. Raises ``NotFound``."""
    row = session.get(ApiKey, key_id)
    if row is None:
        raise NotFound(f"There is no key {key_id}.")
    return row


def everything(session: Session) -> list[ApiKey]:
    """All keys, revoked ones too, oldest first."""
    return list(session.exec(select(ApiKey).order_by(col(ApiKey.id))).all())


_REPETITION = PlainInsert(IdempotencyRow, unless_there=True)


def keep_repetition(session: Session, row: dict[str, Any]) -> int:
    """Keeps that a request was carried out; 0 where it is kept already."""
    return _REPETITION.into(session, row)


def idempotent(session: Session, caller: str, key: str) -> IdempotencyRow | None:
    """What was carried out under this key for this caller."""
    return session.get(IdempotencyRow, (caller, key))
