"""The main job with accounts at Google and Microsoft: a real `holdfast serve` between two strict emulators."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from world import Holdfast, Inbox, Receiver, eventually, free_port, mail_server, webhook_receiver

from service.domain.timespan import DAY, Span, epoch
from tests.emulators.google import times
from tests.emulators.google.emulator import CLIENT_ID, CLIENT_SECRET, GoogleEmulator
from tests.emulators.google.faults import Fault
from tests.emulators.microsoft.emulator import MicrosoftEmulator
from tests.emulators.post_between import PostBetween

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

AT_GOOGLE, AT_OUTLOOK = "gina@gmail.example", "otto@contoso.example"
SECONDS = 10.0  # in which a push must have had its effect; measured: 0.2


@dataclass
class Town:
    """Both providers, the mail between them, and Holdfast."""

    holdfast: Holdfast
    google: GoogleEmulator
    microsoft: MicrosoftEmulator
    post: PostBetween
    inbox: Inbox
    receiver: Receiver

    def person(self, email: str, name: str) -> str:
        facts = {"name": name, "email": email, "time_zone": "Europe/Berlin"}
        return str(self.holdfast.made("/v1/people", facts)["id"])

    def connect(self, person: str, provider: str, email: str) -> str:
        """Through the authorisation address, as a browser would; returns the calendar's id."""
        made = self.holdfast.made(f"/v1/people/{person}/calendars", {"provider": provider})
        assert made["status"] == "authorization_required"
        if provider == "google":
            self.google.consent.email = email
            back = self.google.browse(made["authorization_url"])
            answer = httpx2.get(back, timeout=30, trust_env=False)
        else:
            query = self.microsoft.browse(made["authorization_url"], email)
            callback = f"{self.holdfast.settings['HOLDFAST_PUBLIC_URL']}/oauth/microsoft/callback"
            answer = httpx2.get(callback, params=query, timeout=30, trust_env=False)
        assert answer.status_code == 200, answer.text
        got = self.holdfast.got(f"/v1/calendars/{made['id']}")
        assert (got["status"], got["access"], got["writable"]) == ("connected", "events", True)
        return str(made["id"])

    def watched(self) -> None:
        """Both providers have promised to tell, and what that set going is done."""
        eventually(lambda: len(self.google.channels.open) == 1, "channel at Google")
        eventually(lambda: len(self.microsoft.notices.alive()) == 1, "subscription at Microsoft")

    def pair(self, mentor: str, mentee: str) -> str:
        facts = {"mentor_id": mentor, "mentee_id": mentee, "cadence": {"every": 1, "unit": "month"}}
        return str(self.holdfast.made("/v1/pairs", facts)["id"])

    def booked(self, pair: str) -> str:
        offer = self.holdfast.made(f"/v1/pairs/{pair}/proposals", {})
        assert offer["complete"] is True
        slot = offer["slots"][0]["id"]
        answer = self.holdfast.made(f"/v1/proposals/{offer['id']}/accept", {"slot_id": slot, "by": "mentee"})
        return str(answer["id"])

    def meeting(self, meeting: str) -> dict[str, Any]:
        return dict(self.holdfast.got(f"/v1/meetings/{meeting}"))

    def written(self, meeting: str) -> dict[str, Any]:
        eventually(lambda: self.meeting(meeting)["calendar"]["status"] == "written", "written event")
        return self.meeting(meeting)

    def until(self, look: Callable[[], Any], what: str) -> float:
        """Seconds until it is so."""
        began = time.monotonic()
        eventually(look, what)
        return time.monotonic() - began

    def no_mail_of_ours(self) -> None:
        assert [str(m["To"]) for m in self.inbox.messages] == []


@pytest.fixture
def town(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Town]:
    sync_seconds = getattr(request, "param", 600)
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    with contextlib.ExitStack() as stack:
        google = stack.enter_context(GoogleEmulator(redirect_uris=(f"{public}/oauth/google/callback",)))
        microsoft = stack.enter_context(MicrosoftEmulator(redirects={f"{public}/oauth/microsoft/callback"}))
        inbox, smtp = stack.enter_context(mail_server())
        receiver = stack.enter_context(webhook_receiver())
        settings = {
            "HOLDFAST_PUBLIC_URL": public,
            "HOLDFAST_SMTP_URL": smtp,
            "HOLDFAST_MAIL_FROM": "holdfast@example.net",
            "HOLDFAST_SYNC_SECONDS": str(sync_seconds),
            "HOLDFAST_GOOGLE_BASE": google.url,
            "HOLDFAST_GOOGLE_CLIENT_ID": CLIENT_ID,
            "HOLDFAST_GOOGLE_CLIENT_SECRET": CLIENT_SECRET,
            "HOLDFAST_MICROSOFT_LOGIN_BASE": microsoft.url,
            "HOLDFAST_GRAPH_BASE": microsoft.url,
            "HOLDFAST_MICROSOFT_CLIENT_ID": microsoft.client_id,
            "HOLDFAST_MICROSOFT_CLIENT_SECRET": microsoft.client_secret,
            "HOLDFAST_CA_BUNDLE": str(microsoft.ca_bundle),
        }
        google.person(AT_GOOGLE, name="Gina", zone="Europe/Berlin")
        microsoft.add_account(AT_OUTLOOK, "Otto")
        holdfast = Holdfast(tmp_path, settings, port=port)
        holdfast.start()
        stack.callback(holdfast.stop)
        receiver.secret = holdfast.made("/v1/webhook-endpoints", {"url": receiver.url})["secret"]
        yield Town(holdfast, google, microsoft, PostBetween(google, microsoft), inbox, receiver)


def _at(text: str) -> int:
    return epoch(datetime.fromisoformat(text))


def test_mentor_at_google_mentee_at_outlook(town: Town) -> None:
    mentor, mentee = town.person(AT_GOOGLE, "Gina Mentor"), town.person(AT_OUTLOOK, "Otto Mentee")
    town.connect(mentor, "google", AT_GOOGLE)
    town.connect(mentee, "microsoft", AT_OUTLOOK)
    town.watched()
    pair = town.pair(mentor, mentee)
    meeting = town.written(town.booked(pair))
    gina, otto = town.google.person(AT_GOOGLE), town.microsoft.outlook(AT_OUTLOOK)
    [event] = gina.events()
    assert event["iCalUID"] == meeting["ics_uid"]
    assert meeting["invites"] == {"mentor": "organizer", "mentee": "calendar"}
    assert len(town.google.invitations(AT_OUTLOOK)) == 1
    town.no_mail_of_ours()
    town.post.deliver()
    assert otto.uids() == [meeting["ics_uid"]]

    # The mentor drags it; Google pushes.
    start = _at(meeting["start"]) + 2 * DAY
    gina.move(event["id"], Span(start, start + 3600))
    seconds = [town.until(lambda: _at(town.meeting(meeting["id"])["start"]) == start, "move at Google seen")]
    [move] = town.meeting(meeting["id"])["moves"]
    assert (move["detected_via"], move["initiator"]) == ("google", {"role": "mentor", "confidence": "inferred"})
    town.post.deliver()

    # The mentee drags their copy; Microsoft pushes, and the event at Google follows.
    later = start + DAY
    otto.move(meeting["ics_uid"], later, later + 3600)
    seconds.append(town.until(lambda: _at(town.meeting(meeting["id"])["start"]) == later, "move at Outlook seen"))
    move = town.meeting(meeting["id"])["moves"][-1]
    assert (move["detected_via"], move["initiator"]) == ("microsoft", {"role": "mentee", "confidence": "inferred"})
    eventually(lambda: times.span(gina.event(event["id"]), "UTC")[0] == later, "event at Google moved along")
    town.written(meeting["id"])
    town.post.deliver()

    # An answer is shown; a new title is nothing.
    otto.accept(meeting["ics_uid"])
    town.post.deliver()
    eventually(lambda: town.meeting(meeting["id"])["answers"]["mentee"] == "accepted", "acceptance shown")
    gina.retitle(event["id"], "Tea")
    otto.decline(meeting["ics_uid"])
    town.post.deliver()
    eventually(lambda: town.meeting(meeting["id"])["answers"]["mentee"] == "declined", "refusal shown")
    assert town.meeting(meeting["id"])["sequence"] == 2

    gina.delete(event["id"])
    eventually(lambda: town.meeting(meeting["id"])["status"] == "cancelled", "deletion seen")
    town.no_mail_of_ours()
    assert max(seconds) < SECONDS, seconds
    told = eventually(lambda: town.receiver.of("meeting.cancelled"), "webhook of the cancellation")
    assert len(told) == 1
    assert len(town.receiver.of("meeting.rescheduled")) == 2


def test_mentor_at_outlook_mentee_at_google(town: Town) -> None:
    mentor, mentee = town.person(AT_OUTLOOK, "Otto Mentor"), town.person(AT_GOOGLE, "Gina Mentee")
    town.connect(mentor, "microsoft", AT_OUTLOOK)
    town.connect(mentee, "google", AT_GOOGLE)
    town.watched()
    meeting = town.written(town.booked(town.pair(mentor, mentee)))
    gina, otto = town.google.person(AT_GOOGLE), town.microsoft.outlook(AT_OUTLOOK)
    assert otto.only().uid == meeting["ics_uid"]
    assert meeting["invites"] == {"mentor": "organizer", "mentee": "calendar"}
    assert len(town.microsoft.invitations(AT_GOOGLE)) == 1
    town.no_mail_of_ours()
    town.post.deliver()
    [copy] = gina.events()
    assert copy["iCalUID"] == meeting["ics_uid"]

    start = _at(meeting["start"]) + 2 * DAY
    otto.move(meeting["ics_uid"], start, start + 3600)
    seconds = [town.until(lambda: _at(town.meeting(meeting["id"])["start"]) == start, "move at Outlook seen")]
    [move] = town.meeting(meeting["id"])["moves"]
    assert (move["detected_via"], move["initiator"]) == ("microsoft", {"role": "mentor", "confidence": "inferred"})
    town.post.deliver()

    # The mentee's program moves their copy; Google lets a guest do no more than that.
    later = start + DAY
    gina.put_raw({**gina.event(copy["id"]), "start": times.when(later, "UTC"), "end": times.when(later + 3600, "UTC")})
    seconds.append(town.until(lambda: _at(town.meeting(meeting["id"])["start"]) == later, "move at Google seen"))
    assert town.meeting(meeting["id"])["moves"][-1]["detected_via"] == "google"
    eventually(lambda: otto.only().start == later, "event at Outlook moved along")
    town.written(meeting["id"])
    town.post.deliver()

    town.post.answer_from_google(AT_GOOGLE, meeting["ics_uid"], "declined")
    eventually(lambda: town.meeting(meeting["id"])["answers"]["mentee"] == "declined", "refusal shown")
    otto.rename(meeting["ics_uid"], "Tea")
    otto.delete(meeting["ics_uid"])
    eventually(lambda: town.meeting(meeting["id"])["status"] == "cancelled", "deletion seen")
    assert town.meeting(meeting["id"])["sequence"] == 3
    town.no_mail_of_ours()
    assert max(seconds) < SECONDS, seconds


@pytest.mark.parametrize("town", [2], indirect=True)
def test_what_push_loses_the_next_round_finds(town: Town) -> None:
    mentor, mentee = town.person(AT_GOOGLE, "Gina Mentor"), town.person(AT_OUTLOOK, "Otto Mentee")
    town.connect(mentor, "google", AT_GOOGLE)
    town.connect(mentee, "microsoft", AT_OUTLOOK)
    town.watched()
    meeting = town.written(town.booked(town.pair(mentor, mentee)))
    town.post.deliver()
    town.google.channels.drop = town.microsoft.notices.dropping = True
    gina, otto = town.google.person(AT_GOOGLE), town.microsoft.outlook(AT_OUTLOOK)
    start = _at(meeting["start"]) + 2 * DAY
    gina.move(gina.events()[0]["id"], Span(start, start + 3600))
    eventually(lambda: _at(town.meeting(meeting["id"])["start"]) == start, "move at Google found")
    town.post.deliver()
    otto.move(meeting["ics_uid"], start + DAY, start + DAY + 3600)
    eventually(lambda: _at(town.meeting(meeting["id"])["start"]) == start + DAY, "move at Outlook found")
    assert len(town.meeting(meeting["id"])["moves"]) == 2


@pytest.mark.parametrize("provider", ["google", "microsoft"])
def test_killed_between_creating_and_recording_there_is_one_event(town: Town, provider: str) -> None:
    """The provider has created it and sent its invitation; the answer never arrives, and Holdfast dies waiting for it."""
    at_google = provider == "google"
    own, other = (AT_GOOGLE, AT_OUTLOOK) if at_google else (AT_OUTLOOK, AT_GOOGLE)
    mentor, mentee = town.person(own, "Mia Mentor"), town.person(other, "Emil Mentee")
    town.connect(mentor, provider, own)
    town.holdfast.made(f"/v1/people/{mentee}/calendars", {"provider": "local"})
    if at_google:
        town.google.faults.add("calendar.events.insert", Fault.HANGS, times=1, after=True)
    else:
        town.microsoft.faults.on("createEvent", "hang", times=1, after=True)
    pair = town.pair(mentor, mentee)
    meeting = town.booked(pair)

    def there() -> list[str]:
        if at_google:
            return [str(one["iCalUID"]) for one in town.google.person(own).events()]
        return town.microsoft.outlook(own).uids()

    eventually(there, "event at the provider")
    town.holdfast.kill()
    [uid] = there()
    town.holdfast.start()
    found = town.written(meeting)
    assert there() == [uid]
    assert found["ics_uid"] == uid
    sent = town.google.invitations(other) if at_google else town.microsoft.invitations(other)
    assert len(sent) == 1
    assert found["moves"] == []
    assert len(town.holdfast.got(f"/v1/pairs/{pair}/meetings")["items"]) == 1
    town.no_mail_of_ours()
