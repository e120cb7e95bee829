"""API keys: shown once, kept as a hash."""

from __future__ import annotations

import hmac
import secrets

from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.domain.errors import BadInput
from service.store import keys
from service.store.plain import Look
from service.store.tables import ApiKey

SCOPES = ("read", "write", "admin")
BOOTSTRAP = "bootstrap"


def create_key(house: House, *, name: str, scope: str, once: Once | None = None) -> tuple[ApiKey, str]:
    """``(row, key)``: the key itself is never to be had again."""
    seen_before(house, once)
    if scope not in SCOPES:
        raise BadInput.of("scope", f"must be one of {', '.join(SCOPES)}")
    if not name.strip() or len(name) > 100:
        raise BadInput.of("name", "must have between 1 and 100 characters")
    plain = "hf_" + secrets.token_urlsafe(32)
    row = ApiKey(
        id=house.new_id("key"),
        name=name.strip(),
        scope=scope,
        hash=house.vault.fingerprint(plain),
        created_at=house.now(),
    )
    with house.writing() as session:
        keep(session, once, row.id, house.now())
        session.add(row)
    return row, plain


def list_keys(house: House) -> list[ApiKey]:
    """All keys, oldest first, revoked ones too."""
    with house.reading() as session:
        return keys.everything(session)


def revoke_key(house: House, key_id: str) -> None:
    """From now on the key opens nothing; revoking twice is no error."""
    with house.writing() as session:
        row = keys.get(session, key_id)
        row.revoked_at = row.revoked_at or house.now()


def identify(house: House, plain: str, look: Look | None = None) -> tuple[str, str] | None:
    """``(key id, scope)`` of a live key, or ``None``. ``look``: where it is looked up, if one is open."""
    hashed = house.vault.fingerprint(plain)
    if house.bootstrap_key_hash and hmac.compare_digest(hashed, house.bootstrap_key_hash):
        return BOOTSTRAP, "admin"
    if look is not None:
        return keys.live(look, hashed)
    with house.looking() as own:
        return keys.live(own, hashed)
