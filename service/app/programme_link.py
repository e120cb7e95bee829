"""Signed addresses of a programme's pages for its coordinators: expiring, withdrawn all at once, readable and no more."""

from __future__ import annotations

import json

from service.app.house import House
from service.app.make_link import as_text, check_stands, opened
from service.domain.errors import BadInput, Denied, NotFound
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
    programme_id, expires_at, generation = opened(house, token, bound_to=_BOUND_TO, purpose=purpose)
    with house.reading() as session:
        try:
            row = programmes.get(session, programme_id)
        except NotFound:
            raise Denied("This link leads nowhere.") from None
    check_stands(house, expires_at, generation, row.link_generation)
    return row


def revoke_programme_links(house: House, programme_id: str) -> None:
    """Makes every link to a programme's pages worthless. Raises ``NotFound``."""
    with house.writing() as session:
        programmes.locked(session, programme_id).link_generation += 1
