"""Signed addresses of one action of one person: expiring, revocable with all of the person's links, and good for one use.

The token seals person, verb, arguments, the end and the person's link generation. What it may do is that one thing."""

from __future__ import annotations

import json
from dataclasses import dataclass

from service.app.house import House
from service.app.make_link import as_bytes, as_text
from service.app.once import Once
from service.domain.errors import Denied, LinkExpired, NotFound
from service.store import people
from service.store.tables import Person

_BOUND_TO = "act"
Arg = str | int


@dataclass(frozen=True, slots=True)
class Act:
    """What a token stands for."""

    person: Person
    verb: str
    args: tuple[Arg, ...]
    once: Once


def action_link(house: House, person: Person, verb: str, *args: Arg, expires_at: int) -> str:
    """The address behind a button: ``verb`` is one of ``act.verbs.VERBS``, ``args`` are ids and small numbers."""
    facts = json.dumps([person.id, verb, list(args), expires_at, person.link_generation])
    return f"{house.public_url.rstrip('/')}/do/{as_text(house.vault.seal(facts, _BOUND_TO))}"


def open_action(house: House, token: str) -> Act:
    """What it stands for. Raises ``Denied`` for a tampered, foreign or revoked one, ``LinkExpired`` for an old one."""
    try:
        person_id, verb, args, expires_at, generation = json.loads(house.vault.open(as_bytes(token), _BOUND_TO))
    except (Denied, ValueError):
        raise Denied("This link is not one of ours, or it was cut off on the way.") from None
    with house.reading() as session:
        try:
            person = people.get(session, person_id)
        except NotFound:
            raise Denied("This link leads to nobody.") from None
    if person.link_generation != generation:
        raise Denied("This link was withdrawn; ask for a new one.")
    if expires_at <= house.now():
        raise LinkExpired("This link has run out; nothing was changed.")
    # Under nobody's name: the token says whose it is, and the key that is kept must not tell who asked for a rest or an end.
    once = Once.of("do", house.vault.fingerprint(token), "POST", "/do", b"")
    return Act(person, verb, tuple(args), once)
