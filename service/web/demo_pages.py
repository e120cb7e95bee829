"""Pages that exist in the demo alone: its start, sample calendars, kept mails, the webhook log. Open to whoever reaches
this machine, which is why a real installation does not have them."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from service.app.make_link import make_link
from service.app.programme_link import make_programme_link
from service.domain.errors import NotFound
from service.store import mails, pairs, people, programmes
from service.web.demo_receiver import Receiver
from service.web.demo_view import AFTER, BEFORE, calendar_week, webhook_log
from service.web.forms import DEMO, page_token
from service.web.frame import Frame
from service.web.own_mails import letter_page
from service.web.pair_view import pair_view

NOTICES = {
    "moved": "Moved in the calendar. Holdfast noticed it at once.",
    "deleted": "Deleted from the calendar. Holdfast noticed it at once.",
    "unmoved": "That is not a time on this clock, so nothing was moved.",
    "replayed": "Sent once more, with the same id.",
    "underway": "That delivery is still under way.",
}


def demo_pages(frame: Frame, receiver: Receiver) -> APIRouter:
    """``/`` and the pages below ``/demo``."""
    router, house = frame.router(), frame.house

    @router.api_route("/", methods=["GET", "HEAD"])
    def start() -> HTMLResponse:
        with house.reading() as session:
            everybody, _ = people.listing(session, cursor=None, limit=200)
            rows, _ = pairs.listing(session, person_id=None, cursor=None, limit=200)
            run, _ = programmes.listing(session, cursor=None, limit=1)
        by_id = {person.id: person for person in everybody}
        views = [pair_view(house, by_id[row.mentor_id], row) for row in rows if row.mentor_id in by_id]
        return frame.page("demo_start.html", people=everybody, views=views, programmes=run)

    @router.get("/demo/as/{person_id}")
    def seen_as(person_id: str) -> Response:
        url, _ = make_link(house, person_id)
        return RedirectResponse("/me/" + url.rpartition("/me/")[2], status_code=303)

    @router.get("/demo/coordinating/{programme_id}")
    def coordinated(programme_id: str) -> Response:
        url, _ = make_programme_link(house, programme_id)
        return RedirectResponse("/programmes/" + url.rpartition("/programmes/")[2], status_code=303)

    @router.api_route("/demo/calendars/{person_id}", methods=["GET", "HEAD"])
    def calendar(person_id: str, week: int = 0, said: str = "") -> HTMLResponse:
        if not -BEFORE <= week <= AFTER:
            raise NotFound("The calendar does not reach that far.")
        with house.reading() as session:
            person = people.get(session, person_id)
        return frame.page(
            "demo_calendar.html",
            seen_as=person,
            me=person,
            form=page_token(house, DEMO),
            shown=calendar_week(house, person, week),
            week=week,
            notice=NOTICES.get(said),
        )

    @router.api_route("/demo/mails", methods=["GET", "HEAD"])
    def kept() -> HTMLResponse:
        with house.reading() as session:
            rows = mails.latest(session, 60)
            names = people.get_many(session, {mail.person_id for mail in rows})
        return frame.page("demo_mails.html", mails=rows, people=names)

    @router.api_route("/demo/mails/{mail_id}", methods=["GET", "HEAD"])
    def letter(mail_id: str) -> HTMLResponse:
        with house.reading() as session:
            return letter_page(mails.get(session, mail_id))

    @router.api_route("/demo/webhooks", methods=["GET", "HEAD"])
    def hooks(said: str = "") -> HTMLResponse:
        endpoints, lines = webhook_log(house, receiver)
        return frame.page(
            "demo_webhooks.html",
            endpoints=endpoints,
            lines=lines,
            form=page_token(house, DEMO),
            notice=NOTICES.get(said),
        )

    @router.api_route("/demo/{rest:path}", methods=["GET", "HEAD"])
    def elsewhere(rest: str) -> HTMLResponse:
        raise NotFound("This page is not here.")

    return router
