"""The hand of the founding story: two people, their calendars and mailboxes, other systems, and a clock that is let run.

People act as people do: they press what a mail offers, use their own page, and touch their own calendar. Whoever coordinates
uses the API. Time passes with the rounds, so whatever Holdfast does, it does by itself and in its own time."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.testclient import TestClient

from integrations.http import GuardedClient
from integrations.ics import IcsCalendar
from service.api.application import create_app
from service.app.make_link import make_link
from service.domain.timespan import DAY, HOUR, local, rfc3339
from service.jobs.rounds import daily, one_round
from service.ports.mailer import Mail
from service.web import pages
from tests.house import TestHouse, make_house

ZONE = "Europe/Berlin"
BUTTON = r'<a class="(?:button|quiet)" href="([^"]+)"(?: aria-label="([^"]*)")?[^>]*>([^<]*)</a>'
DAYS = ("MO", "TU", "WE", "TH", "FR")


def on(text: str, zone: str = ZONE) -> int:
    """``2026-03-02 09:00`` on a clock, as an instant."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


@dataclass
class Someone:
    """One of the two: their ids, and the mails they have read so far."""

    name: str
    id: str
    calendar: str
    email: str
    seen: int = 0
    letters: list[Letter] = field(default_factory=list)


@dataclass(frozen=True)
class Letter:
    """A mail as it reached somebody."""

    at: int
    mail: Mail

    @property
    def subject(self) -> str:
        """Its subject."""
        return self.mail.subject

    @property
    def text(self) -> str:
        """Its plain text, blanks made one."""
        return " ".join(self.mail.text.split())

    @property
    def asks(self) -> bool:
        """Whether it has buttons."""
        return "/do/" in self.mail.text

    def buttons(self) -> dict[str, str]:
        """Address by the words on the button, in the order of the mail, as its HTML has them."""
        found = re.findall(BUTTON, self.mail.html)
        return {unescape(named or words).strip(): unescape(url) for url, named, words in found}

    def words(self) -> str:
        """The text without addresses."""
        return " ".join(re.sub(r"https?://\S+", "", self.mail.text).split())


@dataclass
class Page:
    """What a browser shows."""

    status: int
    html: str

    @property
    def text(self) -> str:
        """Its words."""
        bare = re.sub(r"<(script|style|title)[^>]*>.*?</\1>", " ", self.html, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


class Story:
    """Everything and everybody."""

    def __init__(self, tmp_path: Path, begins: str) -> None:
        published = IcsCalendar(GuardedClient(allow_private=False))
        self.at: TestHouse = make_house(tmp_path, now=on(begins), calendars={"ics": published})
        self.house = self.at.house
        app = create_app(self.house, ready=lambda: {"database": True, "worker": True, "keys": True})
        pages.mount(app, self.house)
        self.client = TestClient(app, base_url="http://holdfast.test", headers={"Authorization": "Bearer bootstrap"})
        self.browser = TestClient(app, base_url="http://holdfast.test")
        self.people: dict[str, Someone] = {}
        self.read = 0
        self.day = -1

    # Whoever coordinates, and other systems

    def api(self, method: str, path: str, body: Any = None, *, expect: tuple[int, ...] = (200, 201, 204)) -> Any:
        """A call; what it answered."""
        answer = self.client.request(method, path, json=body)
        assert answer.status_code in expect, answer.text
        return answer.json() if answer.content else None

    def someone(self, name: str, **facts: Any) -> Someone:
        """A person with a calendar."""
        email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        made = self.api("POST", "/v1/people", {"name": name, "email": email, "time_zone": ZONE, **facts})
        calendar = self.api("POST", f"/v1/people/{made['id']}/calendars", {"provider": "local"})
        self.people[email] = Someone(name, made["id"], calendar["id"], email)
        return self.people[email]

    def busy(self, who: Someone, start: int, hours: float, title: str) -> str:
        """Something of their own in somebody's calendar; its id."""
        body = {"title": title, "start": rfc3339(start), "end": rfc3339(start + int(hours * HOUR))}
        return str(self.api("POST", f"/v1/calendars/{who.calendar}/events", body)["id"])

    def published(self, who: Someone, *weekly: tuple[str, int, int]) -> None:
        """A second calendar of theirs, as a program publishes it: ``(weekday, from, to)``, every week, with its titles."""
        first = local(self.at.clock.at, ZONE).date()
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//Calendar//EN"]
        for number, (day, begins, ends) in enumerate(weekly):
            lines += [
                "BEGIN:VEVENT",
                f"UID:board-{number}@example.org",
                "DTSTAMP:20260101T000000Z",
                f"DTSTART;TZID={ZONE}:{first + timedelta(days=DAYS.index(day)):%Y%m%d}T{begins:02}0000",
                f"DTEND;TZID={ZONE}:{first + timedelta(days=DAYS.index(day)):%Y%m%d}T{ends:02}0000",
                f"RRULE:FREQ=WEEKLY;BYDAY={day}",
                "SUMMARY:Board",
                "END:VEVENT",
            ]
        content = "\r\n".join([*lines, "END:VCALENDAR", ""])
        self.api("POST", f"/v1/people/{who.id}/calendars", {"provider": "ics", "content": content})

    def patterns(self, pair_id: str) -> dict[str, Any]:
        """What the pair's moves add up to."""
        return dict(self.api("GET", f"/v1/pairs/{pair_id}/patterns"))

    def ledger(self, pair_id: str) -> list[dict[str, Any]]:
        """The whole history."""
        found, cursor = [], ""
        while True:
            page = self.api("GET", f"/v1/pairs/{pair_id}/ledger?limit=100{cursor}")
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def meeting(self, meeting_id: str) -> dict[str, Any]:
        """A meeting as the API shows it."""
        return dict(self.api("GET", f"/v1/meetings/{meeting_id}"))

    def meetings(self, pair_id: str) -> list[dict[str, Any]]:
        """All of a pair."""
        return list(self.api("GET", f"/v1/pairs/{pair_id}/meetings?limit=100")["items"])

    def upcoming(self, pair_id: str) -> dict[str, Any]:
        """The one meeting that is still to come."""
        [one] = [
            m for m in self.meetings(pair_id) if m["status"] == "booked" and self.instant(m["start"]) > self.at.clock.at
        ]
        return one

    def open_offer(self, pair_id: str) -> dict[str, Any]:
        """What is offered just now."""
        made = [entry for entry in self.ledger(pair_id) if entry["type"] == "proposal.created"]
        return dict(self.api("GET", f"/v1/proposals/{made[-1]['proposal_id']}"))

    @staticmethod
    def instant(text: str) -> int:
        """A time of the API."""
        return int(datetime.fromisoformat(text).timestamp())

    def told(self, kind: str) -> list[dict[str, Any]]:
        """What other systems were told of a type."""
        return self.at.posts.of(kind)

    # Time

    def pass_until(self, instant: int | str) -> None:
        """Lets time pass, two hours at a time and a night at once, with everything that Holdfast does of itself."""
        end = on(instant) if isinstance(instant, str) else instant
        while self.at.clock.at < end:
            self.at.clock.at = min(
                end, self.at.clock.at + (2 if 6 <= local(self.at.clock.at, ZONE).hour < 20 else 10) * HOUR
            )
            self.beat()

    def pass_hours(self, hours: float) -> None:
        """Some hours."""
        self.pass_until(self.at.clock.at + int(hours * HOUR))

    def pass_days(self, days: float) -> None:
        """Some days."""
        self.pass_hours(24 * days)

    def beat(self) -> None:
        """One round and its work; the post arrives."""
        one_round(self.house)
        if self.day != self.at.clock.at // DAY:
            self.day = self.at.clock.at // DAY
            daily(self.house)
        self.at.run()
        self.deliver()

    def deliver(self) -> None:
        """Puts what was sent into mailboxes."""
        for mail in self.at.mails.sent[self.read :]:
            self.people[mail.to.email].letters.append(Letter(self.at.clock.at, mail))
        self.read = len(self.at.mails.sent)

    def now(self) -> str:
        """For messages."""
        return f"{local(self.at.clock.at, ZONE):%a %d %b %Y %H:%M}"

    # People

    def news_for(self, who: Someone) -> list[Letter]:
        """What came since they last looked."""
        fresh = who.letters[who.seen :]
        who.seen = len(who.letters)
        return fresh

    def wait_for(self, who: Someone, is_it: Callable[[Letter], bool], *, days: float = 40) -> Letter:
        """Lets time pass until such a mail comes; earlier ones are read."""
        end = self.at.clock.at + int(days * DAY)
        while True:
            while who.seen < len(who.letters):
                letter = who.letters[who.seen]
                who.seen += 1
                if is_it(letter):
                    return letter
            assert self.at.clock.at < end, (
                f"by {self.now()} no such mail for {who.name}; got {[x.subject for x in who.letters]}"
            )
            self.pass_hours(2)

    def wait_for_either(self, one: Someone, other: Someone, is_it: Callable[[Letter], bool], *, days: float) -> Letter:
        """The same, whoever of the two it comes to."""
        end = self.at.clock.at + int(days * DAY)
        while self.at.clock.at < end:
            for who in (one, other):
                for letter in self.news_for(who):
                    if is_it(letter):
                        return letter
            self.pass_hours(2)
        subjects = [[letter.subject for letter in who.letters[-4:]] for who in (one, other)]
        raise AssertionError(
            f"by {self.now()} no such mail, but {subjects}; {[j[:3] for j in self.at.jobs.waiting()][:8]}"
        )

    def open(self, url: str) -> Page:
        """What a browser, or a mail scanner, sees."""
        answer = self.browser.get(url)
        return Page(answer.status_code, answer.text)

    def press(self, url: str) -> Page:
        """Opens it and presses the one button on the page."""
        seen = self.open(url)
        form = re.search(r'<form method="post" action="(/do/[^"]+)"', seen.html)
        assert form is not None, seen.text
        answer = self.browser.post(form[1])
        self.at.run()
        self.deliver()
        return Page(answer.status_code, answer.text)

    def own_page(self, who: Someone) -> str:
        """The address of somebody's own page."""
        return make_link(self.house, who.id)[0]

    def use_page(self, who: Someone, path: str, action: str, **fields: str) -> Page:
        """Opens one of somebody's own pages and sends one of its forms, as a browser without script would."""
        seen = self.open(f"{self.own_page(who)}/{path}")
        forms = re.findall(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', seen.html, flags=re.DOTALL)
        for target, inside in forms:
            if target.endswith(action):
                hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', inside))
                for name, value in fields.items():
                    assert f'name="{name}"' in inside, f"there is no {name} in {inside}"
                    offered = re.findall(f'type="radio" name="{name}"[^>]* value="([^"]*)"', inside)
                    assert not offered or value in offered, f"{value} is not offered: {offered}"
                answer = self.browser.post(unescape(target), data={**hidden, **fields})
                self.at.run()
                self.deliver()
                return Page(answer.status_code, answer.text)
        raise AssertionError(f"no form {action} on {[target[-60:] for target, _ in forms]}")

    def take_the_second_time(self, who: Someone, meeting_id: str) -> None:
        """Moves a meeting, on the page that finds another time, to the one that is held for both."""
        held = self.meeting(meeting_id)["fallback"]["start"]
        page = self.open(f"{self.own_page(who)}/meetings/{meeting_id}")
        assert "held for you both: nobody has to be asked" in page.text
        moved = self.use_page(who, f"meetings/{meeting_id}", "/move", start=str(self.instant(held)))
        assert moved.status == 200, moved.text
        assert self.meeting(meeting_id)["start"] == held

    def events(self, who: Someone) -> list[dict[str, Any]]:
        """What stands in somebody's calendar."""
        return list(self.api("GET", f"/v1/calendars/{who.calendar}/events?limit=100")["items"])
