"""Idempotency-Key: a POST that is sent again is carried out once.

The key is written in the very transaction that does the work, with the id of what it made. So there is no moment at which
a crash could leave the work done and the key unknown; a retry finds the id and shows the thing again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from service.app.house import House
from service.domain.errors import KeyReused
from service.store import keys


class CarriedOut(Exception):
    """This very request was carried out before; ``resource_id`` is what it made."""

    def __init__(self, resource_id: str | None) -> None:
        super().__init__(resource_id)
        self.resource_id = resource_id


@dataclass(frozen=True, slots=True)
class Once:
    """Who sends which request under which key."""

    caller: str
    key: str
    fingerprint: str

    @classmethod
    def of(cls, caller: str, key: str, method: str, path: str, body: bytes) -> Once:
        """A request's fingerprint covers its method, path and body."""
        digest = hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()
        return cls(caller, key, digest)

    def check(self, session: Session) -> None:
        """Raises ``CarriedOut`` or, where the key came with another request, ``KeyReused``."""
        row = keys.idempotent(session, self.caller, self.key)
        if row is None:
            return
        if row.fingerprint != self.fingerprint:
            raise KeyReused("This Idempotency-Key was used with another request; use a new one.")
        raise CarriedOut(row.resource_id)


def seen_before(house: House, once: Once | None) -> None:
    """A look before slow work begins: raises as ``Once.check`` does."""
    if once is not None:
        with house.reading() as session:
            once.check(session)


def keep(session: Session, once: Once | None, resource_id: str, now: int) -> None:
    """Writes the key with what was made, inside the caller's transaction. Two of the same at once: one of them raises."""
    if once is None:
        return
    row: dict[str, Any] = {
        "caller": once.caller,
        "key": once.key,
        "fingerprint": once.fingerprint,
        "resource_id": resource_id,
        "created_at": now,
    }
    # Waits for a twin that is still under way; then there is nothing to insert, and the twin's row tells what it made.
    if keys.keep_repetition(session, row) == 0:
        once.check(session)


def remember(house: House, once: Once | None, resource_id: str) -> None:
    """For work that writes nothing itself: keeps the key in a transaction of its own. Raises as ``Once.check`` does."""
    if once is not None:
        with house.writing() as session:
            keep(session, once, resource_id, house.now())
