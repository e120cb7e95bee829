"""Signed addresses of a programme's pages for its coordinators: expiring, withdrawn all at once, readable and no more."""

from __future__ import annotations

import json

from service.app.house import House
from service.app.make_link import as_bytes, as_text
from service.domain.errors import BadInput, Denied, LinkExpired, NotFound
from service.domain.timespan import DAY
from service.store import programmes
from service.store.tables import Programme

PURPOSES = ("backtest",)
LIFETIME = 30 * DAY
_BOUND_TO = "programme link"


def make_programme_link(house: House, programme_id: str, *, purpose: str = "backtest") -> tuple[str, int]:
    """``(url, expires_at)``. Raises ``NotFound``, ``BadInput``."""
    if purpose not in PURPOSES:
        raise BadInput.of("purpose", f"must be one of {', '.join(PURPOSES)}")
    with house.reading() as session:
        row = programmes.get(session, programme_id)
    expires_at = house.now() + LIFETIME
    token = house.vault.seal(json.dumps([row.id, purpose, expires_at, row.link_generation]), _BOUND_TO)
    return f"{house.public_url.rstrip('/')}/programmes/{as_text(token)}/{purpose}", expires_at


def open_programme_link(house: House, token: str, *, purpose: str) -> Programme:
    """Whose page it is. Raises ``Denied`` for a tampered, foreign or withdrawn link, ``LinkExpired`` for an old one."""
    try:
        programme_id, made_for, expires_at, generation = json.loads(house.vault.open(as_bytes(token), _BOUND_TO))
    except (Denied, ValueError):
        raise Denied("This link is not one of ours, or it was cut off on the way.") from None
    if made_for != purpose:
        raise Denied("This link was made for something else.")
    with house.reading() as session:
        try:
            row = programmes.get(session, programme_id)
        except NotFound:
            raise Denied("This link leads nowhere.") from None
    if row.link_generation != generation:
        raise Denied("This link was withdrawn; ask for a new one.")
    if expires_at <= house.now():
        raise LinkExpired("This link has run out; ask for a new one.")
    return row


def revoke_programme_links(house: House, programme_id: str) -> None:
    """Makes every link to a programme's pages worthless. Raises ``NotFound``."""
    with house.writing() as session:
        programmes.locked(session, programme_id).link_generation += 1
