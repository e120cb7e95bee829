"""Versions of the hold model. At most one is active."""

from __future__ import annotations

from sqlmodel import Session, col, select, update

from service.domain.errors import NotFound
from service.store.paging import page
from service.store.tables import ModelVersion


def get(session: Session, version_id: str) -> ModelVersion:
    """One version. Raises ``NotFound``."""
    row = session.get(ModelVersion, version_id)
    if row is None:
        raise NotFound(f"There is no model version {version_id}.")
    return row


def active(session: Session) -> ModelVersion | None:
    """The version in use; ``None`` while the prior speaks."""
    query = select(ModelVersion).where(col(ModelVersion.active)).order_by(col(ModelVersion.id).desc())
    return session.exec(query.limit(1)).first()


def active_id(session: Session) -> str | None:
    """Its id alone: what is asked again and again."""
    query = select(ModelVersion.id).where(col(ModelVersion.active)).order_by(col(ModelVersion.id).desc())
    return session.exec(query.limit(1)).first()


def listing(session: Session, *, cursor: str | None, limit: int) -> tuple[list[ModelVersion], str | None]:
    """A page of versions, oldest first."""
    return page(session, ModelVersion, where=[], cursor=cursor, limit=limit)


def newest(session: Session) -> ModelVersion | None:
    """The version made last, active or not."""
    return session.exec(select(ModelVersion).order_by(col(ModelVersion.id).desc()).limit(1)).first()


def activate(session: Session, version_id: str | None, now: int) -> None:
    """Makes this version the one in use; ``None``: none, so that the prior speaks again."""
    session.exec(update(ModelVersion).where(col(ModelVersion.active)).values(active=False))
    if version_id is not None:
        there = update(ModelVersion).where(col(ModelVersion.id) == version_id)
        session.exec(there.values(active=True, activated_at=now))
    session.expire_all()
