"""The main job, end to end, on real parts: two people, a real CalDAV calendar in, a meeting that holds out."""

from __future__ import annotations

import contextlib
import itertools
import re
import sqlite3
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "contract"))
from servers import PASSWORD, USER, Server, radicale
from world import KEY, Holdfast, Inbox, Receiver, eventually, mail_server, webhook_receiver

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]


@dataclass
class Story:
    """Everybody and everything of one journey."""

    holdfast: Holdfast
    calendars: Server
    collection: str
    inbox: Inbox
    receiver: Receiver
    mentor: str
    mentee: str
    pair: str

    def events(self) -> dict[str, str]:
        """What stands in the mentor's real calendar: href → iCalendar text."""
        with self.calendars.client() as client:
            listing = client.request("PROPFIND", self.collection, headers={"Depth": "1"}).text
            hrefs = list(re.findall(r"<(?:\w+:)?href>([^<]+\.ics)</", listing))
            return {href: client.get(href).text for href in hrefs}

    def meeting(self, meeting_id: str) -> dict[str, Any]:
        return self.holdfast.got(f"/v1/meetings/{meeting_id}")

    def settled(self, meeting_id: str) -> dict[str, Any]:
        """The meeting once it is written and its invitation is out."""

        def look() -> dict[str, Any] | None:
            found = self.meeting(meeting_id)
            done = found["calendar"]["status"] in ("written", "removed") and found["invites"]["mentee"] == "sent"
            return found if done else None

        return eventually(look, "written event and sent invitation")


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with contextlib.ExitStack() as stack:
        (tmp_path / "dav").mkdir()
        dav = stack.enter_context(radicale(tmp_path / "dav"))
        collection = dav.make_calendar("work")
        inbox, smtp = stack.enter_context(mail_server())
        receiver = stack.enter_context(webhook_receiver())
        holdfast = Holdfast(tmp_path, {"HOLDFAST_SMTP_URL": smtp, "HOLDFAST_MAIL_FROM": "holdfast@example.net"})
        holdfast.start()
        stack.callback(holdfast.stop)
        mentor = holdfast.made(
            "/v1/people", {"name": "Marta Director", "email": "marta@example.com", "time_zone": "America/New_York"}
        )["id"]
        mentee = holdfast.made(
            "/v1/people", {"name": "Emil Mentee", "email": "emil@example.com", "time_zone": "America/New_York"}
        )["id"]
        made = holdfast.made(
            f"/v1/people/{mentor}/calendars",
            {"provider": "caldav", "url": dav.url, "username": USER, "password": PASSWORD},
        )
        assert made["status"] == "connected"
        holdfast.made(f"/v1/people/{mentee}/calendars", {"provider": "ics", "content": published_calendar()})
        endpoint = holdfast.made("/v1/webhook-endpoints", {"url": receiver.url})
        receiver.secret = endpoint["secret"]
        pair = holdfast.made(
            "/v1/pairs",
            {
                "mentor_id": mentor,
                "mentee_id": mentee,
                "kind": "mentoring",
                "cadence": {"every": 1, "unit": "month"},
                "duration_minutes": 60,
                "focus": "The first year in the role",
            },
        )["id"]
        yield Story(holdfast, dav, collection, inbox, receiver, mentor, mentee, pair)


def published_calendar() -> str:
    """The mentee's calendar as a program publishes it: every working day busy from 10 to 12."""
    monday = datetime.now(UTC).date() - timedelta(days=datetime.now(UTC).weekday() + 7)
    return "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Example//Calendar//EN",
            "BEGIN:VEVENT",
            "UID:standup@example.com",
            "DTSTAMP:20260101T000000Z",
            f"DTSTART;TZID=America/New_York:{monday:%Y%m%d}T100000",
            f"DTEND;TZID=America/New_York:{monday:%Y%m%d}T120000",
            "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            "SUMMARY:Secret project",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )


def test_the_whole_journey(story: Story) -> None:
    holdfast = story.holdfast
    offer = holdfast.made(f"/v1/pairs/{story.pair}/proposals", {})
    assert offer["complete"] is True
    assert {"breakfast", "coffee"} <= {slot["kind"] for slot in offer["slots"]}
    chances = [slot["hold_probability"] for slot in offer["slots"]]
    assert chances == sorted(chances, reverse=True)
    assert all(slot["reasons"] for slot in offer["slots"])

    slot = offer["slots"][0]
    booked = holdfast.made(f"/v1/proposals/{offer['id']}/accept", {"slot_id": slot["id"], "by": "mentee"})
    meeting = story.settled(booked["id"])
    [(href, text)] = story.events().items()
    assert f"UID:{meeting['ics_uid']}" in text
    [invitation] = story.inbox.calendar_parts("emil@example.com", "REQUEST")
    assert invitation["Message-ID"]
    assert story.inbox.calendar_parts("marta@example.com", "REQUEST") == []

    # The director drags it to another day in her own calendar program.
    start = datetime.fromisoformat(meeting["start"]) + timedelta(days=3)
    old = re.search(r"DTSTART[^:]*:(\d{8}T\d{6}Z?)", text)
    assert old is not None
    with story.calendars.client() as client:
        moved = re.sub(
            r"(DT(?:START|END)[^:]*:)(\d{8})(T\d{6})",
            lambda m: f"{m[1]}{datetime.strptime(m[2], '%Y%m%d') + timedelta(days=3):%Y%m%d}{m[3]}",
            text,
        )
        client.put(href, content=moved.encode(), headers={"content-type": "text/calendar"}).raise_for_status()
    noticed = eventually(lambda: story.meeting(booked["id"])["moves"], "move noticed")
    assert noticed[0]["initiator"] == {"role": "mentor", "confidence": "inferred"}
    assert noticed[0]["detected_via"] == "caldav"
    now = story.meeting(booked["id"])
    assert (now["id"], now["ics_uid"], now["sequence"]) == (booked["id"], booked["ics_uid"], 1)
    assert abs(datetime.fromisoformat(now["start"]) - start) <= timedelta(hours=1)  # the clocks may change in between
    [told] = eventually(lambda: list(story.receiver.of("meeting.rescheduled").values()), "webhook of the move")
    assert told["initiator"]["role"] == "mentor"
    assert told["move_count"] == 1
    update = eventually(lambda: story.inbox.calendar_parts("emil@example.com", "REQUEST")[1:], "update by mail")
    assert len(update) == 1
    assert holdfast.got(f"/v1/pairs/{story.pair}/patterns")["by"]["mentor"]["moves"] == 1

    # A new title is no move; then it is deleted, which calls it off.
    with story.calendars.client() as client:
        there = client.get(href).text
        client.put(href, content=re.sub("SUMMARY:.*", "SUMMARY:Lunch?", there).encode()).raise_for_status()
        eventually(lambda: _etag_seen(story, booked["id"]), "title edit read")
        assert story.meeting(booked["id"])["sequence"] == 1
        client.delete(href).raise_for_status()
    eventually(lambda: story.meeting(booked["id"])["status"] == "cancelled", "cancellation noticed")
    [cancel] = eventually(lambda: story.inbox.calendar_parts("emil@example.com", "CANCEL"), "CANCEL mail")
    assert "SEQUENCE:2" in _calendar_text(cancel)
    assert len(eventually(lambda: story.receiver.of("meeting.cancelled"), "webhook of the cancellation")) == 1
    types = [entry["type"] for entry in holdfast.got(f"/v1/pairs/{story.pair}/ledger?limit=100")["items"]]
    assert types.count("meeting.moved") == 1
    assert types.count("meeting.cancelled") == 1
    assert story.receiver.refused == 0
    _no_secrets_or_titles(story)


def _etag_seen(story: Story, meeting_id: str) -> bool:
    """Two rounds have looked since."""
    with contextlib.closing(sqlite3.connect(f"{story.holdfast.folder}/journey.sqlite")) as database:
        query = "SELECT m.etag = r.etag FROM meeting m JOIN remote_event r ON r.uid = m.ics_uid WHERE m.id = ?"
        before = getattr(story, "_before", None)
        [etag] = database.execute("SELECT etag FROM remote_event WHERE uid IS NOT NULL").fetchone()
        if before is None:
            story._before = etag  # type: ignore[attr-defined]
        row = database.execute(query, (meeting_id,)).fetchone()
        return bool(row and row[0])


def _calendar_text(message: Any) -> str:
    [part] = [p for p in message.walk() if p.get_content_type() == "text/calendar"]
    return str(part.get_content())


def _no_secrets_or_titles(story: Story) -> None:
    """Nothing secret in clear text, no title of anybody's events: neither in the database nor in the log."""
    folder = story.holdfast.folder
    files = [*folder.glob("journey.sqlite*"), folder / "serve.log"]
    held = b"".join(path.read_bytes() for path in files if path.suffix != ".key" and path.is_file())
    for secret in (PASSWORD, KEY, story.receiver.secret, "Secret project", "Lunch?"):
        assert secret.encode() not in held, f"{secret!r} is readable"


def test_killed_again_and_again_nothing_is_lost_and_nothing_doubled(story: Story) -> None:
    """kill -9 during acceptances: each is one meeting, one event, one invitation, one webhook event."""
    holdfast = story.holdfast
    stop = threading.Event()
    kills = 0

    def reaper() -> None:
        nonlocal kills
        for pause in (0.15, 0.4, 0.05, 0.7, 0.25):
            if stop.wait(pause):
                return
            holdfast.kill()
            kills += 1
            holdfast.start()

    booked: list[dict[str, Any]] = []
    killer = threading.Thread(target=reaper)
    for number in range(6):
        offer = holdfast.insist("POST", f"/v1/pairs/{story.pair}/proposals", {}, key=f"offer-{number}").json()
        if number == 0:
            killer.start()
        slot = offer["slots"][0]
        answer = holdfast.insist(
            "POST",
            f"/v1/proposals/{offer['id']}/accept",
            {"slot_id": slot["id"], "by": "mentee"},
            key=f"accept-{number}",
        )
        assert answer.status_code == 200, answer.text
        booked.append(answer.json())
    killer.join()
    stop.set()
    assert kills == 5

    assert len({meeting["id"] for meeting in booked}) == len(booked)
    for meeting in booked:
        eventually(lambda id_=meeting["id"]: _try_settled(story, id_), "meeting settled after the crashes")
    events = story.events()
    uids = sorted(re.search(r"UID:(\S+)", text)[1] for text in events.values())  # type: ignore[index]
    assert uids == sorted(meeting["ics_uid"] for meeting in booked)
    listed = holdfast.got(f"/v1/pairs/{story.pair}/meetings?limit=50")["items"]
    assert sorted(m["id"] for m in listed) == sorted(m["id"] for m in booked)
    times = sorted((m["start"], m["end"]) for m in listed)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(times)), "no two of them overlap"
    mails = story.inbox.calendar_parts("emil@example.com", "REQUEST")
    assert len({mail["Message-ID"] for mail in mails}) == len(booked)
    events_told = eventually(
        lambda: found if len(found := story.receiver.of("meeting.booked")) >= len(booked) else None, "all webhooks"
    )
    assert sorted(data["meeting_id"] for data in events_told.values()) == sorted(m["id"] for m in booked)
    types = [entry["type"] for entry in holdfast.got(f"/v1/pairs/{story.pair}/ledger?limit=200")["items"]]
    assert types.count("meeting.booked") == len(booked)
    assert types.count("meeting.moved") == 0


def _try_settled(story: Story, meeting_id: str) -> bool:
    try:
        found = story.meeting(meeting_id)
    except httpx2.HTTPError:
        return False
    return found["calendar"]["status"] == "written" and found["invites"]["mentee"] == "sent"
