"""The demo: its sample people on any day of any year, and the pages that only it has."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from service.app.read_patterns import read_patterns
from service.app.show import local_event
from service.demo.cast import AMARA, DANA, JONAS
from service.demo.diary import diary
from service.demo.seed import Seeded, seed_past, seed_present
from service.domain.timespan import DAY, HOUR, WEEK, epoch, local
from service.store import calendars, local_events, meetings, pairs, proposals
from service.store.engine import make_engine
from tests.house import make_house
from tests.web.web_hand import Web

RECEIVER = "http://127.0.0.1:1/demo/receiver"


def moment(*parts: int) -> int:
    return epoch(datetime(*parts, tzinfo=UTC))  # type: ignore[misc, arg-type]


# A Monday night, a Saturday, the days the clocks change on either side of the sea, the turn of the year.
MOMENTS = [
    moment(2026, 11, 23, 6, 10),
    moment(2026, 8, 15, 12, 0),
    moment(2027, 3, 14, 12, 0),
    moment(2026, 10, 25, 0, 30),
    moment(2026, 12, 31, 22, 59),
]


def _seeded(folder: Path, now: int) -> tuple[Web, Seeded]:
    at = Web(make_house(folder, now=now), demo=True)
    seeded = seed_past(at.house, now=now)
    seed_present(at.house, seeded, RECEIVER)
    at.at.run()
    return at, seeded


def _told(at: Web, kind: str) -> list[dict[str, Any]]:
    """What the demo's receiver was told of one type."""
    return [post for post in at.at.posts.posts if post["url"] == RECEIVER and post["type"] == kind]


@pytest.mark.parametrize("now", [MOMENTS[0], *(pytest.param(at, marks=pytest.mark.slow) for at in MOMENTS[1:])])
def test_on_any_day_there_is_an_offer_a_history_and_a_meeting_ahead(tmp_path: Path, now: int) -> None:
    at, seeded = _seeded(tmp_path, now)
    with at.house.reading() as session:
        (offer,) = proposals.open_of(session, seeded.mentoring)
        kinds = [slot.kind for slot in proposals.slots(session, offer.id)]
        ahead = meetings.upcoming(session, seeded.coaching, now)
    assert len(kinds) == 5
    assert {"breakfast", "coffee"} <= set(kinds)
    assert len(ahead) == 1
    coaching, mentoring = (read_patterns(at.house, id_) for id_ in (seeded.coaching, seeded.mentoring))
    assert coaching["meetings"] >= 8
    assert coaching["held"] >= 5
    assert coaching["moves"] >= 2
    assert mentoring["held"] >= 2
    page = at.me(seeded.dana)
    assert "Choose a time" in page.text
    assert "Did you meet?" in page.text
    assert "Your next meeting" in page.text
    assert "Your Thursdays 16–17 h fill up in the last two days." in page.text


@pytest.mark.parametrize("part", [DANA, JONAS, AMARA], ids=lambda part: part.facts["name"])
@pytest.mark.parametrize("now", MOMENTS)
def test_calendars_are_the_same_for_the_same_week_and_look_like_work(part: object, now: int) -> None:
    found = diary(part, now, 1)  # type: ignore[arg-type]
    assert found == diary(part, now, 1)  # type: ignore[arg-type]
    assert found != diary(part, now, 2)  # type: ignore[arg-type]
    zone = part.facts["time_zone"]  # type: ignore[attr-defined]
    assert found[-1].end - found[0].start > 5 * WEEK
    assert 60 <= len(found) <= 400
    for entry in found:
        assert entry.end > entry.start
        assert local(entry.start, zone).weekday() < 5
        if entry.end - entry.start < 20 * HOUR:
            assert 6 <= local(entry.start, zone).hour < 20
    assert not [(a.title, b.title) for a, b in pairwise(found) if b.start < a.end and a.title == b.title]


def test_the_past_is_written_in_the_past_and_in_order(demo: tuple[Web, Seeded]) -> None:
    at, seeded = demo
    now = MOMENTS[0]
    with at.house.reading() as session:
        for pair_id in (seeded.mentoring, seeded.coaching):
            times = [entry.at for entry in pairs.ledger(session, pair_id)]
            assert times == sorted(times)
            assert times[-1] <= now
            assert times[0] < now - 90 * DAY
    assert at.at.clock.now() == now


@pytest.fixture(scope="session")
def seeded_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Seeded]:
    """Seeding takes seconds: it is done once, and each test begins with a copy of the file."""
    folder = tmp_path_factory.mktemp("seeded")
    at, seeded = _seeded(folder, MOMENTS[0])
    at.house.engine.dispose()  # the last connection writes the log back into the file
    return folder / "holdfast.sqlite", seeded


@pytest.fixture
def demo(seeded_once: tuple[Path, Seeded], tmp_path: Path) -> tuple[Web, Seeded]:
    file, seeded = seeded_once
    shutil.copy(file, tmp_path / "copy.sqlite")
    engine = make_engine(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    return Web(make_house(tmp_path, now=MOMENTS[0], engine=engine), demo=True), seeded


def test_the_start_page_leads_to_everybody(demo: tuple[Web, Seeded]) -> None:
    at, seeded = demo
    page = at.open("/")
    assert page.status == 200
    for person_id in (seeded.dana, seeded.jonas, seeded.amara):
        assert f'href="/demo/as/{person_id}"' in page.html
    own = at.open(f"/demo/as/{seeded.jonas}")
    assert "/me/" in own.url
    assert "Hello Jonas" in own.text
    assert "seen as Jonas Lindner" in own.text
    assert at.open("/demo/as/per_none").status == 404
    (programme,) = set(re.findall(r'"(/demo/coordinating/[^"]+)"', page.html))
    assert "How the forecasts do" in at.open(programme).text
    assert at.open("/demo/coordinating/prog_none").status == 404
    assert at.open("/demo/elsewhere").status == 404


def _own_event(at: Web, person_id: str) -> tuple[str, str]:
    """The calendar and event of the person's next Holdfast meeting."""
    now = at.house.now()
    with at.house.reading() as session:
        (calendar,) = calendars.of_people(session, [person_id])
        standing = local_events.between(session, [calendar.id], now, now + 40 * DAY)
        event = next(e for e in standing if e.meeting_id)
        assert local_event(event)["title"]
    return calendar.id, event.id


def test_moving_in_the_calendar_is_noticed_and_told(demo: tuple[Web, Seeded]) -> None:
    at, seeded = demo
    _, event_id = _own_event(at, seeded.amara)
    week = at.open(f"/demo/calendars/{seeded.amara}?week=1")
    if event_id not in week.html:
        week = at.open(f"/demo/calendars/{seeded.amara}?week=2")
    before = at.ledger(seeded.coaching)
    moved = at.press(week.form(f"{event_id}/move"), start="2026-12-05T10:15")
    assert "Holdfast noticed it at once" in moved.text
    assert "10:15–11:15" in moved.text
    assert "meeting.moved" in at.ledger(seeded.coaching)[len(before) :]
    told = at.open(f"/demo/as/{seeded.dana}").text
    assert "Saturday 5 December 05:15–06:15" in told
    (post,) = _told(at, "meeting.rescheduled")
    assert post["data"]["initiator"] == {"role": "mentor", "confidence": "inferred"}
    pair = at.open(at.link(seeded.dana) + f"/pairs/{seeded.coaching}")
    assert "seen in Amara’s calendar" in pair.text
    assert "meeting.rescheduled" in at.open("/demo/webhooks").text
    assert "New time" in at.open("/demo/mails").text


def test_a_time_that_never_comes_moves_nothing(demo: tuple[Web, Seeded]) -> None:
    at, seeded = demo
    calendar_id, event_id = _own_event(at, seeded.amara)
    form = at.open(f"/demo/calendars/{seeded.amara}?week=1").form("/move")
    form.action = f"/demo/calendars/{calendar_id}/events/{event_id}/move"
    assert "nothing was moved" in at.press(form, start="2027-03-28T01:30").text
    assert "meeting.moved" not in at.ledger(seeded.coaching)[-1]


def test_deleting_in_the_calendar_calls_it_off(demo: tuple[Web, Seeded]) -> None:
    at, seeded = demo
    calendar_id, event_id = _own_event(at, seeded.amara)
    form = at.open(f"/demo/calendars/{seeded.amara}?week=1").form("/delete")
    form.action = f"/demo/calendars/{calendar_id}/events/{event_id}/delete"
    assert "Deleted from the calendar" in at.press(form).text
    assert "meeting.cancelled" in at.ledger(seeded.coaching)[-4:]
    assert _told(at, "meeting.cancelled")


def test_the_demos_forms_are_guarded_too(demo: tuple[Web, Seeded]) -> None:
    at, seeded = demo
    calendar_id, event_id = _own_event(at, seeded.amara)
    address = f"/demo/calendars/{calendar_id}/events/{event_id}/delete"
    assert at.client.post(address).status_code == 403
    own = at.me(seeded.amara).forms[0].fields["form"]
    assert at.client.post(address, data={"form": own}).status_code == 403
    assert _own_event(at, seeded.amara) == (calendar_id, event_id)


def test_the_webhook_log_shows_events_bodies_and_sends_again(demo: tuple[Web, Seeded]) -> None:
    at, _ = demo
    page = at.open("/demo/webhooks")
    assert "proposal.created" in page.text
    assert "Delivered" in page.text
    assert "webhook-id: msg_" in page.text
    again = at.press(page.form("/replay"))
    assert "Sent once more" in again.text
    (post,) = at.at.posts.posts
    assert post["id"] in page.text


def test_mails_are_shown_with_whom_they_went_to(demo: tuple[Web, Seeded]) -> None:
    at, _ = demo
    page = at.open("/demo/mails")
    assert "To Dana Whitfield" in page.text
    assert "invitation" in page.text


def test_the_receiver_takes_only_what_is_signed(demo: tuple[Web, Seeded]) -> None:
    at, _ = demo
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
    assert at.client.post("/demo/receiver", content=b"{}", headers=headers).status_code == 401
    assert at.client.post("/demo/receiver", content=b"{}").status_code == 401
    assert at.client.post("/demo/receiver", content=b"x" * 70_000).status_code == 413


def test_weeks_lead_so_far_and_no_further(demo: tuple[Web, Seeded]) -> None:
    at, seeded = demo
    assert "Out of office" in at.open(f"/demo/calendars/{seeded.dana}?week=2").text
    assert "all day" in at.open(f"/demo/calendars/{seeded.dana}?week=2").text
    assert "Week after" not in at.open(f"/demo/calendars/{seeded.dana}?week=8").text
    assert at.open(f"/demo/calendars/{seeded.dana}?week=9").status == 404
    assert at.open("/demo/calendars/per_none").status == 404
