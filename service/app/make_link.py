"""Signed addresses of a person's own page, as the mails carry them: expiring, revocable, safe to be followed by a scanner
(a GET changes nothing).

The token names the person, the purpose, the end and the person's link generation; revoking raises the generation.
"""

from __future__ import annotations

import base64
import json

from service.app.house import House
from service.domain.errors import BadInput, Denied, LinkExpired, NotFound
from service.domain.timespan import DAY
from service.store import people
from service.store.tables import Person

PURPOSES = ("home",)
LIFETIME = 30 * DAY
_BOUND_TO = "link"


def make_link(house: House, person_id: str, *, purpose: str = "home", lifetime: int = LIFETIME) -> tuple[str, int]:
    """``(url, expires_at)``."""
    if purpose not in PURPOSES:
        raise BadInput.of("purpose", f"must be one of {', '.join(PURPOSES)}")
    with house.reading() as session:
        person = people.get(session, person_id)
    return link_of(house, person, purpose=purpose, lifetime=lifetime)


def link_of(house: House, person: Person, *, purpose: str = "home", lifetime: int = LIFETIME) -> tuple[str, int]:
    """The same for a person that the caller has read already."""
    expires_at = house.now() + lifetime
    facts = json.dumps([person.id, purpose, expires_at, person.link_generation])
    token = house.vault.seal(facts, _BOUND_TO)
    return f"{house.public_url.rstrip('/')}/me/{as_text(token)}", expires_at


def open_link(house: House, token: str, *, purpose: str = "home") -> Person:
    """Whose page it is. Raises ``Denied`` for a tampered, foreign or revoked link, ``LinkExpired`` for an old one."""
    person_id, expires_at, generation = opened(house, token, bound_to=_BOUND_TO, purpose=purpose)
    with house.reading() as session:
        try:
            person = people.get(session, person_id)
        except NotFound:
            raise Denied("This link leads to nobody.") from None
    check_stands(house, expires_at, generation, person.link_generation)
    return person


def opened(house: House, token: str, *, bound_to: str, purpose: str) -> tuple[str, int, int]:
    """``(id, expires_at, generation)`` as a token names them. Raises ``Denied`` where it is none of ours, or made for
    something else."""
    try:
        named, made_for, expires_at, generation = json.loads(house.vault.open(as_bytes(token), bound_to))
    except (Denied, ValueError):
        raise Denied("This link is not one of ours, or it was cut off on the way.") from None
    if made_for != purpose:
        raise Denied("This link was made for something else.")
    return named, expires_at, generation


def check_stands(house: House, expires_at: int, generation: int, current: int) -> None:
    """Raises ``Denied`` for a link of an earlier generation than ``current``, ``LinkExpired`` for one that has run out."""
    if generation != current:
        raise Denied("This link was withdrawn; ask for a new one.")
    if expires_at <= house.now():
        raise LinkExpired("This link has run out; ask for a new one.")


def revoke_links(house: House, person_id: str) -> None:
    """Makes every link of a person worthless."""
    with house.writing() as session:
        people.get(session, person_id).link_generation += 1


def as_text(token: bytes) -> str:
    """A sealed token as it stands in an address."""
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def as_bytes(text: str) -> bytes:
    """The token of an address. Raises ``ValueError`` for any other spelling of it."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if as_text(raw) != text:  # more than one spelling of a token would be more than one link
        raise ValueError("not canonical")
    return raw
