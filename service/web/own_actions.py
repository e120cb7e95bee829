"""What the forms on a person's own pages do: one use case each, carried out once, then back to the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from service.app.alter_meeting import cancel_meeting, move_meeting
from service.app.answer_proposal import accept_slot, decline_proposal
from service.app.end_pair import end_pair
from service.app.house import House
from service.app.make_link import open_link
from service.app.once import CarriedOut, Once
from service.app.propose_slots import propose_slots
from service.app.report_outcome import report_outcome
from service.app.rest_pair import pause_pair, restart_pair, resume_pair
from service.domain.errors import BadInput, Denied, HoldfastError, LinkExpired, NotFound
from service.domain.meeting import DetectedVia
from service.store import proposals
from service.store.tables import Pair, Person
from service.web import clocks, words
from service.web.forms import Posted, PostedForm, once_of
from service.web.frame import Frame, status_of
from service.web.own_pages import meeting_page, own_meeting, own_pair, pair_page
from service.web.pair_view import seat_in

ON_REST = {"resume": (resume_pair, "resumed"), "restart": (restart_pair, "restarted")}


def own_actions(frame: Frame) -> APIRouter:
    """The POST side of ``/me/{token}``."""
    router, house = frame.router(), frame.house

    @router.post("/me/{token}/proposals/{proposal_id}/accept")
    def accept(token: str, proposal_id: str, posted: PostedForm) -> Response:
        person, pair, once = _proposal(house, token, proposal_id, posted)
        seat = seat_in(pair, person.id)
        return done(
            frame, token, person, pair, "accepted",
            lambda: accept_slot(house, proposal_id, slot_id=posted.text("slot_id"), by=seat, once=once),
        )  # fmt: skip

    @router.post("/me/{token}/proposals/{proposal_id}/decline")
    def decline(token: str, proposal_id: str, posted: PostedForm) -> Response:
        person, pair, once = _proposal(house, token, proposal_id, posted)
        seat = seat_in(pair, person.id)
        then = posted.optional("then")
        others = then == "propose"

        def run() -> None:
            _once_only(lambda: decline_proposal(house, proposal_id, by=seat, once=once))
            if others:
                propose_slots(
                    house, pair.id, responder=seat, at_hand=True, once=replace(once, caller=f"{once.caller}:then")
                )

        return done(frame, token, person, pair, "proposed" if others else "kept" if then == "keep" else "declined", run)

    @router.post("/me/{token}/pairs/{pair_id}/propose")
    def ask(token: str, pair_id: str, posted: PostedForm) -> Response:
        person, pair, once = posted_pair(house, token, pair_id, posted)
        seat = seat_in(pair, person.id)
        return done(
            frame,
            token,
            person,
            pair,
            "proposed",
            lambda: propose_slots(house, pair_id, responder=seat, at_hand=True, once=once),
        )

    @router.post("/me/{token}/pairs/{pair_id}/pause")
    def pause(token: str, pair_id: str, posted: PostedForm) -> Response:
        person, pair, once = posted_pair(house, token, pair_id, posted)
        seat = seat_in(pair, person.id)
        off = posted.optional("call_off") == "yes"
        return done(
            frame, token, person, pair, "paused",
            lambda: pause_pair(house, pair_id, by=seat, until=_midnight(posted, person), call_off=off, once=once),
        )  # fmt: skip

    @router.post("/me/{token}/pairs/{pair_id}/end")
    def end(token: str, pair_id: str, posted: PostedForm) -> Response:
        person, pair, once = posted_pair(house, token, pair_id, posted)
        seat, last = seat_in(pair, person.id), posted.optional("last_meeting") == "yes"
        return done(
            frame, token, person, pair, "ended",
            lambda: end_pair(
                house, pair_id, by=seat, last_meeting=last, handover=posted.optional("handover"), once=once
            ),
        )  # fmt: skip

    @router.post("/me/{token}/pairs/{pair_id}/{change}")
    def change(token: str, pair_id: str, change: str, posted: PostedForm) -> Response:
        person, pair, once = posted_pair(house, token, pair_id, posted)
        if change not in ON_REST:
            raise NotFound("This page is not here.")
        act, said = ON_REST[change]
        seat = seat_in(pair, person.id)
        return done(frame, token, person, pair, said, lambda: act(house, pair_id, by=seat, once=once))

    @router.post("/me/{token}/meetings/{meeting_id}/move")
    def move(token: str, meeting_id: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        row, pair = own_meeting(house, person, meeting_id)
        once = once_of(house, posted, person.id)
        try:
            _once_only(
                lambda: move_meeting(
                    house,
                    meeting_id,
                    start=_start(posted, person),
                    by=seat_in(pair, person.id),
                    reason_code=posted.optional("reason_code"),
                    via=DetectedVia.APP,
                    if_version=posted.number("version"),
                    once=once,
                )
            )
        except HoldfastError as trouble:
            if isinstance(trouble, Denied | LinkExpired):
                raise
            row, _ = own_meeting(house, person, meeting_id)
            return meeting_page(frame, token, person, pair, row, alert=_said(trouble), status=status_of(trouble))
        return _to(token, pair, "moved")

    @router.post("/me/{token}/meetings/{meeting_id}/cancel")
    def cancel(token: str, meeting_id: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        _, pair = own_meeting(house, person, meeting_id)
        once = once_of(house, posted, person.id)
        return done(
            frame, token, person, pair, "cancelled",
            lambda: cancel_meeting(
                house, meeting_id, by=seat_in(pair, person.id),
                via=DetectedVia.APP, if_version=posted.number("version"), once=once,
            ),
        )  # fmt: skip

    @router.post("/me/{token}/meetings/{meeting_id}/outcome")
    def outcome(token: str, meeting_id: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        _, pair = own_meeting(house, person, meeting_id)
        once = once_of(house, posted, person.id)
        happened = posted.text("happened") == "yes"
        return done(
            frame, token, person, pair, "told",
            lambda: report_outcome(house, meeting_id, by=seat_in(pair, person.id), happened=happened, once=once),
        )  # fmt: skip

    return router


def posted_pair(house: House, token: str, pair_id: str, posted: Posted) -> tuple[Person, Pair, Once]:
    """Who sends the form, about which of their pairs, and its key. Raises ``Denied`` for a pair of others."""
    person = open_link(house, token)
    return person, own_pair(house, person, pair_id), once_of(house, posted, person.id)


def _proposal(house: House, token: str, proposal_id: str, posted: Posted) -> tuple[Person, Pair, Once]:
    person = open_link(house, token)
    with house.reading() as session:
        try:
            row = proposals.get(session, proposal_id)
        except NotFound:
            raise Denied("This is not one of your own pages.") from None
    return person, own_pair(house, person, row.pair_id), once_of(house, posted, person.id)


def _once_only(act: Callable[[], object]) -> None:
    """Done before by the very same form is done."""
    try:
        act()
    except CarriedOut:
        return


def done(frame: Frame, token: str, person: Person, pair: Pair, said: str, act: Callable[[], object]) -> Response:
    """Acts, then leads back to the pair; where it could not be done, shows the pair as it stands now, and why."""
    try:
        _once_only(act)
    except HoldfastError as trouble:
        row = own_pair(frame.house, person, pair.id)
        return pair_page(frame, token, person, row, alert=_said(trouble), status=status_of(trouble))
    return _to(token, pair, said)


def _to(token: str, pair: Pair, said: str) -> Response:
    return RedirectResponse(f"/me/{token}/pairs/{pair.id}?said={said}", status_code=303)


def _said(trouble: HoldfastError) -> str:
    """The sentence for a person: a field problem without the field's technical name."""
    if isinstance(trouble, BadInput) and trouble.fields:
        problem = trouble.fields[0]
        return f"{words.FIELDS.get(problem.field, 'What you entered')} {problem.reason}."
    return trouble.detail


def _start(posted: Posted, person: Person) -> int:
    """The chosen time: one of those offered, or one's own on one's own clock."""
    if posted.text("start") != "own":
        return posted.number("start")
    start = clocks.read_field_time(posted.text("own_time"), person.time_zone)
    if start is None:
        raise BadInput.of("own_time", "is not a time on your clock; on some days it jumps by an hour")
    return start


def _midnight(posted: Posted, person: Person) -> int | None:
    until = posted.optional("until")
    if until is None:
        return None
    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise BadInput.of("until", "is not a date") from None
    return int(datetime.combine(day, time.min, ZoneInfo(person.time_zone)).timestamp())
