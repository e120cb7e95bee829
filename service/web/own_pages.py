"""A person's own pages, behind the signed link that their mails carry. A GET changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from service.app.find_slots import find_slots, read_situation
from service.app.house import House
from service.app.make_link import open_link
from service.app.post.bundle import on_page, promise
from service.app.show_churn import evidence, own_churn, sentence
from service.app.timetables import window_words
from service.domain.errors import Denied, NotFound
from service.store import calendars, claims, mails, meetings, pairs
from service.store.tables import Meeting, Pair, Person
from service.web.forms import page_token
from service.web.frame import Frame
from service.web.ledger_words import Reader, history
from service.web.pair_view import PairView, meeting_view, pair_view, pair_views, seat_in
from service.web.sign_in_pages import offers

SHOWN_LINES = 12
LATEST_LINES = 4  # on the own page, which is there for what comes next

NOTICES = {
    "accepted": "It is booked, and the other is invited.",
    "declined": "All right, none of these. Ask for other times whenever you like.",
    "kept": "It stays as it is.",
    "proposed": "Here are times that suit both of you.",
    "moved": "It is moved, and the other has been told.",
    "cancelled": "It is called off, and the other has been told.",
    "told": "Thank you for telling us.",
    "short": "Here are times for a short call. Nothing changes before you choose one.",
    "rules": "It is noted, and holds from now on.",
    "agreed": "It is noted. It counts once both of you agree.",
    "taken_back": "It is noted: nothing is booked without an answer.",
    "marked": "It is noted, for your eyes alone.",
    "noted": "It is noted.",
    "chosen": "It is kept.",
    "paused": "The meetings rest.",
    "resumed": "The meetings go on.",
    "restarted": "A fresh start. Welcome back.",
    "ended": "The meetings have ended.",
    "counted": "That calendar counts from now on.",
    "left_out": "That calendar does not count any more.",
    "written_here": "New meetings are written there from now on.",
    "disconnected": "That calendar is taken out.",
    "link": "New invitations bear a link to meet at, where the calendar makes one.",
    "no_link": "New invitations bear no link.",
    "learning": "From now on your free hours are looked at once a day.",
    "forgotten": "What was learned of your free hours is gone.",
}


def own_pages(frame: Frame) -> APIRouter:
    """``/me/{token}``, a pair's page and a meeting's page below it."""
    router = frame.router()

    @router.api_route("/me/{token}", methods=["GET", "HEAD"])
    def me(token: str, said: str = "") -> HTMLResponse:
        person = open_link(frame.house, token)
        return person_page(frame, token, person, notice=NOTICES.get(said))

    @router.api_route("/me/{token}/pairs/{pair_id}", methods=["GET", "HEAD"])
    def pair(token: str, pair_id: str, said: str = "", whole: bool = False) -> HTMLResponse:
        person = open_link(frame.house, token)
        row = own_pair(frame.house, person, pair_id)
        return pair_page(frame, token, person, row, notice=NOTICES.get(said), whole=whole)

    @router.api_route("/me/{token}/meetings/{meeting_id}", methods=["GET", "HEAD"])
    def meeting(token: str, meeting_id: str) -> HTMLResponse:
        person = open_link(frame.house, token)
        row, owner = own_meeting(frame.house, person, meeting_id)
        return meeting_page(frame, token, person, owner, row)

    @router.api_route("/me/{token}/{rest:path}", methods=["GET", "HEAD"])
    def elsewhere(token: str, rest: str) -> HTMLResponse:
        open_link(frame.house, token)
        raise NotFound("This page is not here.")

    return router


def own_pair(house: House, person: Person, pair_id: str) -> Pair:
    """A pair in which this person sits. Raises ``Denied`` for any other, existing or not."""
    with house.reading() as session:
        try:
            row = pairs.get(session, pair_id)
        except NotFound:
            row = None
    if row is None or person.id not in (row.mentor_id, row.mentee_id):
        raise Denied("This is not one of your own pages.")
    return row


def own_meeting(house: House, person: Person, meeting_id: str) -> tuple[Meeting, Pair]:
    """A meeting of this person. Raises ``Denied`` for any other."""
    with house.reading() as session:
        try:
            row = meetings.get(session, meeting_id)
        except NotFound:
            raise Denied("This is not one of your own pages.") from None
    return row, own_pair(house, person, row.pair_id)


def person_page(
    frame: Frame, token: str, person: Person, *, notice: str | None = None, alert: str | None = None, status: int = 200
) -> HTMLResponse:
    """Everything that stands between this person and the people they meet."""
    house = frame.house
    views = pair_views(house, person)
    with house.reading() as session:
        own = calendars.of_people(session, [person.id])
        kept = mails.any_kept_for(session, person.id)
        fills = own_churn(session, person)
        asked = on_page(house, session, person)
    only = _story(house, views[0], LATEST_LINES) if len(views) == 1 else {}
    return frame.page(
        "me.html",
        status=status,
        seen_as=person,
        me=person,
        base=f"/me/{token}",
        form=page_token(house, person.id),
        views=views,
        calendars=own,
        kept_mails=kept,
        asks=asked,
        path_of=lambda url: url.removeprefix(house.public_url.rstrip("/")),
        promise=promise(person),
        offers=offers(house),
        windows=_windows(person),
        fills=fills,
        fills_words=[(sentence(one), evidence(one)) for one in fills.found],
        feed=f"{house.public_url.rstrip('/')}/feeds/{house.vault.open(person.feed_secret, person.id)}.ics",
        notice=notice,
        alert=alert,
        **only,
    )


def pair_page(
    frame: Frame,
    token: str,
    person: Person,
    row: Pair,
    *,
    notice: str | None = None,
    alert: str | None = None,
    status: int = 200,
    whole: bool = False,
) -> HTMLResponse:
    """One pair with its patterns and its history."""
    view = pair_view(frame.house, person, row)
    return frame.page(
        "pair.html",
        status=status,
        seen_as=person,
        me=person,
        base=f"/me/{token}",
        form=page_token(frame.house, person.id),
        view=view,
        notice=notice,
        alert=alert,
        **_story(frame.house, view, None if whole else SHOWN_LINES),
    )


def meeting_page(
    frame: Frame, token: str, person: Person, owner: Pair, row: Meeting, *, alert: str | None = None, status: int = 200
) -> HTMLResponse:
    """One meeting, and times to which it could move."""
    house = frame.house
    seat = seat_in(owner, person.id)
    choices: Mapping[str, Any] = {"slots": (), "nothing": None, "held": None}
    if row.status == "booked" and row.end > house.now():
        situation = read_situation(house, owner.id, horizon_days=28, duration_minutes=(row.end - row.start) // 60)
        found = find_slots(house, situation, limit=6)
        with house.reading() as session:
            held = claims.held(session, [row.id]).get(row.id)
        second = held.start if held else None
        choices = {
            "held": held,
            "slots": sorted((slot for slot in found.slots if slot.start != second), key=lambda slot: slot.start),
            "nothing": found.declined_because.text if found.declined_because else None,
        }
    return frame.page(
        "meeting.html",
        status=status,
        seen_as=person,
        me=person,
        base=f"/me/{token}",
        form=page_token(house, person.id),
        view=pair_view(house, person, owner),
        meeting=meeting_view(house, owner, seat, row.id),
        alert=alert,
        **choices,
    )


def _story(house: House, view: PairView, most: int | None) -> dict[str, Any]:
    with house.reading() as session:
        ledger = pairs.ledger(session, view.row.id)
    reader = Reader(view.seat, view.me.time_zone, view.names)
    lines = history(ledger, reader)
    shown = lines[:most]
    return {"lines": shown, "more": len(lines) - len(shown)}


def _windows(person: Person) -> list[tuple[str, list[str]]]:
    """``("breakfast", ["Mon–Fri 07:30–09:00"])``, an empty list where it is switched off."""
    shown = []
    for kind, blocks in window_words(person).items():
        listed = blocks if isinstance(blocks, list) else [blocks] if blocks else []
        shown.append((kind, [f"{_days(b['weekdays'])} {b['start']}–{b['end']}" for b in listed]))
    return shown


_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _days(weekdays: list[str]) -> str:
    at = [_WEEK.index(day) for day in weekdays]
    if len(at) > 2 and at == list(range(at[0], at[-1] + 1)):
        return f"{weekdays[0].capitalize()}–{weekdays[-1].capitalize()}"
    return ", ".join(day.capitalize() for day in weekdays)
