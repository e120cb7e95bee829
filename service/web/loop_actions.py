"""What the forms about the loop do: the second time, a short call, the pair's rules, one's own consent."""

from __future__ import annotations

from fastapi import APIRouter, Response

from service.app.keep_pair import change_pair
from service.app.make_link import open_link
from service.app.offer_short_call import offer_short_call
from service.app.once import keep, seen_before
from service.app.pair_rules import consent
from service.app.use_fallback import use_fallback
from service.domain.errors import BadInput
from service.domain.meeting import DetectedVia
from service.web.forms import Posted, PostedForm, once_of
from service.web.frame import Frame
from service.web.own_actions import done, posted_pair
from service.web.own_pages import own_meeting
from service.web.pair_view import seat_in

SWITCHES = ("auto_propose", "fallback", "care")
LONGEST_LATE_DAYS = 14


def loop_actions(frame: Frame) -> APIRouter:
    """The POST side of what keeps a pair meeting."""
    router, house = frame.router(), frame.house

    @router.post("/me/{token}/meetings/{meeting_id}/fallback")
    def fallback(token: str, meeting_id: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        _, pair = own_meeting(house, person, meeting_id)
        once = once_of(house, posted, person.id)
        return done(
            frame, token, person, pair, "moved",
            lambda: use_fallback(
                house, meeting_id, by=seat_in(pair, person.id), start=posted.number("start"),
                via=DetectedVia.APP, once=once,
            ),
        )  # fmt: skip

    @router.post("/me/{token}/meetings/{meeting_id}/short-call")
    def short_call(token: str, meeting_id: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        _, pair = own_meeting(house, person, meeting_id)
        once = once_of(house, posted, person.id)
        return done(
            frame, token, person, pair, "short",
            lambda: offer_short_call(house, meeting_id, by=seat_in(pair, person.id), once=once),
        )  # fmt: skip

    @router.post("/me/{token}/pairs/{pair_id}/rules")
    def rules(token: str, pair_id: str, posted: PostedForm) -> Response:
        person, pair, once = posted_pair(house, token, pair_id, posted)

        def run() -> None:
            seen_before(house, once)
            change_pair(house, pair_id, _chosen(posted), if_version=posted.number("version"))
            with house.writing() as session:
                keep(session, once, pair_id, house.now())

        return done(frame, token, person, pair, "rules", run)

    @router.post("/me/{token}/pairs/{pair_id}/consent")
    def agree(token: str, pair_id: str, posted: PostedForm) -> Response:
        person, pair, once = posted_pair(house, token, pair_id, posted)
        yes = posted.text("auto_confirm") == "yes"
        return done(
            frame, token, person, pair, "agreed" if yes else "taken_back",
            lambda: consent(house, pair_id, by=seat_in(pair, person.id), auto_confirm=yes, once=once),
        )  # fmt: skip

    return router


def _chosen(posted: Posted) -> dict[str, object]:
    """The form's rules; a box that is not ticked is not sent."""
    hours = posted.number("late_hours")
    if not 0 <= hours <= LONGEST_LATE_DAYS * 24:
        raise BadInput.of("late_hours", f"is between 0 and {LONGEST_LATE_DAYS * 24} hours")
    rules: dict[str, object] = {name: posted.optional(name) == "on" for name in SWITCHES}
    return {"rules": {**rules, "late_hours": hours, "when_unanswered": posted.text("when_unanswered")}}
