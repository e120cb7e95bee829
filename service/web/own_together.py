"""What the forms do that are about more than one date: a mark, the next step, objectives, a review, a last meeting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response

from service.app.agree_on import add_objective, set_done
from service.app.hold_review import answer_review
from service.app.last_meeting import wish_last_meeting
from service.app.make_link import open_link
from service.app.next_step import note_next_step
from service.app.report_outcome import mark_worth
from service.domain.errors import BadInput, Denied, NotFound
from service.domain.review import Choice
from service.store import reviews
from service.web.forms import PostedForm, once_of
from service.web.frame import Frame
from service.web.own_actions import done, posted_pair
from service.web.own_pages import own_meeting, own_pair
from service.web.pair_view import seat_in


def own_together(frame: Frame) -> APIRouter:
    """Before ``own_actions``, whose addresses of a pair end in any word."""
    router, house = frame.router(), frame.house

    @router.post("/me/{token}/meetings/{meeting_id}/worth")
    def worth(token: str, meeting_id: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        _, pair = own_meeting(house, person, meeting_id)
        once, seat = once_of(house, posted, person.id), seat_in(pair, person.id)
        act = lambda: mark_worth(house, meeting_id, by=seat, worth=posted.number("worth"), once=once)  # noqa: E731
        return done(frame, token, person, pair, "marked", act)

    @router.post("/me/{token}/pairs/{pair_id}/step")
    def step(token: str, pair_id: str, posted: PostedForm) -> Response:
        person, pair, once = posted_pair(house, token, pair_id, posted)
        words = posted.optional("next_step") or ""
        return done(frame, token, person, pair, "noted", lambda: note_next_step(house, pair_id, words, once=once))

    @router.post("/me/{token}/pairs/{pair_id}/objectives")
    def objective(token: str, pair_id: str, posted: PostedForm) -> Response:
        person, pair, once = posted_pair(house, token, pair_id, posted)

        def add() -> None:
            add_objective(house, pair_id, posted.text("objective"), posted.optional("review_on"), once=once)

        return done(frame, token, person, pair, "noted", add)

    @router.post("/me/{token}/pairs/{pair_id}/objectives/{objective_id}")
    def reached(token: str, pair_id: str, objective_id: str, posted: PostedForm) -> Response:
        person, pair, once = posted_pair(house, token, pair_id, posted)
        yes = posted.text("done") == "yes"
        act: Callable[[], Any] = lambda: set_done(house, pair_id, objective_id, yes, once=once)  # noqa: E731
        return done(frame, token, person, pair, "noted", act)

    @router.post("/me/{token}/reviews/{review_id}")
    def review(token: str, review_id: str, posted: PostedForm) -> Response:
        person = open_link(house, token)
        with house.reading() as session:
            try:
                row = reviews.get(session, review_id)
            except NotFound:
                raise Denied("This is not one of your own pages.") from None
        pair = own_pair(house, person, row.pair_id)
        once, seat = once_of(house, posted, person.id), seat_in(pair, person.id)

        def choose() -> None:
            word = posted.text("choice")
            if word not in set(Choice):
                raise BadInput.of("choice", "is not one of those that are offered")
            answer_review(house, review_id, by=seat, choice=Choice(word), once=once)

        return done(frame, token, person, pair, "chosen", choose)

    @router.post("/me/{token}/pairs/{pair_id}/last-meeting")
    def last(token: str, pair_id: str, posted: PostedForm) -> Response:
        person, pair, once = posted_pair(house, token, pair_id, posted)
        seat, wish = seat_in(pair, person.id), posted.text("wish") == "yes"
        act = lambda: wish_last_meeting(house, pair_id, by=seat, wish=wish, once=once)  # noqa: E731
        return done(frame, token, person, pair, "chosen", act)

    return router
