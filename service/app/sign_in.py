"""Connecting an account elsewhere: send the person there, take them back, read what they gave, and only then be connected.

The state that travels with the person is random, kept only as a hash, bound to one calendar of one person and to one provider,
good for one use and a quarter of an hour.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping

import structlog
from sqlmodel import Session, col, delete, select

from service.app.accounts import sealed
from service.app.house import House
from service.app.once import Once, keep, seen_before
from service.app.take_over import take_over
from service.domain.errors import Denied, HoldfastError, LinkExpired, NotFound, ProviderTrouble
from service.domain.timespan import DAY, MINUTE
from service.ports.sign_in import Grant
from service.store import calendars, people
from service.store.tables import Calendar, SignInRow

log = structlog.get_logger(__name__)
GOOD_FOR = 15 * MINUTE
NOT_OURS = "This sign-in was not begun here, or it is finished already."
OWN_PAGE = "own."  # begins the state of a sign-in that somebody began on their own page
REMEMBERED = DAY  # so long a state that has run out is still known as one of ours


def redirect_uri(house: House, provider: str) -> str:
    """Where the provider sends people back to."""
    return f"{house.public_url.rstrip('/')}/oauth/{provider}/callback"


def begin_sign_in(
    house: House,
    person_id: str,
    provider: str,
    *,
    choose: bool = False,
    on_own_page: bool = False,
    once: Once | None = None,
) -> str:
    """Makes a calendar that waits for access; returns its id. ``authorization_url`` says where to send the person.

    ``choose``: they are to choose among all calendars of the account, so leave to list them is asked for too. ``on_own_page``:
    it was begun behind the person's own link, so the way back may lead there again."""
    seen_before(house, once)
    with house.reading() as session:
        person = people.get(session, person_id)
    calendar_id = house.new_id("cal")
    state = (OWN_PAGE if on_own_page else "") + secrets.token_urlsafe(32)
    step = house.sign_ins[provider].begin(
        state=state, redirect_uri=redirect_uri(house, provider), login_hint=person.email, choose=choose
    )
    hashed = house.vault.fingerprint(state)
    with house.writing() as session:
        keep(session, once, calendar_id, house.now())
        _drop_abandoned(house, session, person_id, provider)
        session.add(
            Calendar(
                id=calendar_id,
                person_id=person_id,
                provider=provider,
                status="authorization_required",
                access="free_busy",
                settings={},
                secret=sealed(house, calendar_id, {"authorization_url": step.url}),
                created_at=house.now(),
            )
        )
        session.add(
            SignInRow(
                state_hash=hashed,
                calendar_id=calendar_id,
                provider=provider,
                keep=house.vault.seal(json.dumps(step.keep), hashed),
                expires_at=house.now() + GOOD_FOR,
            )
        )
    return calendar_id


def _drop_abandoned(house: House, session: Session, person_id: str, provider: str) -> None:
    """Sign-ins that this person began here and that can no longer be finished: the new one takes their place."""
    alive = select(SignInRow.calendar_id).where(SignInRow.expires_at > house.now())
    query = select(Calendar).where(
        Calendar.person_id == person_id,
        Calendar.provider == provider,
        Calendar.status == "authorization_required",
        col(Calendar.id).not_in(alive),
    )
    for calendar in session.exec(query).all():
        calendars.drop(session, calendar)
    session.exec(delete(SignInRow).where(col(SignInRow.expires_at) <= house.now() - REMEMBERED))


def authorization_url(house: House, calendar: Calendar) -> str | None:
    """Where to send the person, while access is still to be given and the sign-in can still be finished."""
    if calendar.status != "authorization_required" or calendar.secret is None:
        return None
    with house.reading() as session:
        query = select(SignInRow.expires_at).where(SignInRow.calendar_id == calendar.id)
        if not any(ends > house.now() for ends in session.exec(query).all()):
            return None
    opened: dict[str, str] = json.loads(house.vault.open(calendar.secret, calendar.id))
    return opened.get("authorization_url")


def finish_sign_in(house: House, provider: str, query: Mapping[str, str]) -> str:
    """Takes the person back from the provider; returns the id of the connected calendar.

    Raises ``Denied`` for a state that is none of ours or was used, ``LinkExpired`` for an old one, ``Refused`` when access
    was not given."""
    row = _take(house, provider, query.get("state", ""))
    kept = json.loads(house.vault.open(row.keep, row.state_hash))
    try:
        if row.expires_at <= house.now():
            raise LinkExpired("This sign-in took too long; begin again.")
        grant = house.sign_ins[provider].finish(query=query, keep=kept, redirect_uri=redirect_uri(house, provider))
        try:
            return take_over(house, row.calendar_id, grant)
        except Exception:
            _give_back(house, provider, grant)
            raise
    except HoldfastError as trouble:
        _note_trouble(house, row.calendar_id, trouble)
        raise


def _give_back(house: House, provider: str, grant: Grant) -> None:
    """What was given and could not be kept is given back, unless the account is connected here by another sign-in, which the
    provider would end too."""
    with house.reading() as session:
        if calendars.behind(session, provider, grant.subject):
            return
    try:
        house.sign_ins[provider].revoke(grant.secret)
    except ProviderTrouble as trouble:
        log.warning("not_revoked", provider=provider, reason=trouble.code)


def _take(house: House, provider: str, state: str) -> SignInRow:
    hashed = house.vault.fingerprint(state)
    with house.reading() as session:  # anybody may come here with anything: only what is ours costs a transaction
        if session.get(SignInRow, hashed) is None:
            raise Denied(NOT_OURS)
    with house.writing() as session:
        row = session.get(SignInRow, hashed)
        if row is None or row.provider != provider:
            raise Denied(NOT_OURS)
        taken = session.exec(
            delete(SignInRow).where(col(SignInRow.state_hash) == hashed).returning(col(SignInRow.state_hash))
        ).all()
        if not taken:  # two came back with it at the same moment
            raise Denied("This sign-in is finished already.")
        session.expunge(row)
    return row


def _note_trouble(house: House, calendar_id: str, trouble: HoldfastError) -> None:
    with house.writing() as session:
        try:
            calendar = calendars.locked(session, calendar_id)
        except NotFound:
            return
        if calendar.status == "authorization_required":
            calendar.problem, calendar.problem_text = trouble.code, trouble.detail
