"""CalDAV on a real Xandikos: no password, git underneath, and scheduling where it is told the owner's address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from caldav_contract import CalDavContract
from contract_words import OWNER, START, draft
from dav_hand import DavHand
from servers import PASSWORD, USER, Server, free_port, xandikos
from sketches import WINDOW, ZONE

from integrations.caldav import CalDavCalendar
from integrations.http import GuardedClient
from service.domain.errors import Refused, Unreachable
from service.ports.calendar import Account, Attendee

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with xandikos(tmp_path_factory.mktemp("xandikos")) as running:
        yield running


class TestXandikos(CalDavContract):
    """The whole contract, nothing left out."""


# --- who mails the invitations ---


@dataclass
class Mails:
    """A mail server that keeps what it is given."""

    kept: list[tuple[list[str], EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
        content = message_from_bytes(envelope.content, policy=policy.default)
        self.kept.append((list(envelope.rcpt_tos), content))
        return "250 kept"

    def methods(self) -> list[tuple[str, str]]:
        """To whom, and with which iTIP method."""
        found = []
        for to, mail in self.kept:
            parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
            text = parts[0].get_content()
            found += [(one, line[7:].strip()) for one in to for line in text.splitlines() if line[:7] == "METHOD:"]
        return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator:
    """Starts a Xandikos and gives an account at its only calendar, as connecting describes it."""
    with ExitStack() as stack:

        def go(*options: str, **ways: object) -> tuple[CalDavCalendar, Account, Server]:
            running = stack.enter_context(xandikos(tmp_path, *options, **ways))
            client = GuardedClient(allow_private=True, ca_bundle=running.certificate)
            stack.callback(client.close)
            adapter = CalDavCalendar(client, patience=30, connect_budget=60, write_budget=60)
            typed = Account(
                calendar_id="cal_1",
                owner_email=OWNER,
                zone=ZONE,
                settings={"url": running.url},
                secret={"username": USER, "password": PASSWORD},
            )
            (found,) = adapter.connect(typed)
            assert found.primary
            account = replace(typed, settings=found.settings, server_invites=found.server_invites)
            return adapter, account, running

        yield go


def test_a_server_that_invites_invites_and_we_know_it(start) -> None:
    mails = Mails()
    smtp = Controller(mails, hostname="127.0.0.1", port=free_port())
    smtp.start()
    try:
        sending = ["--imip-send", "smtp", "--smtp-host", "127.0.0.1", "--smtp-port", str(smtp.port)]
        adapter, account, _ = start(*sending, "--smtp-from", "calendar@example.com", email=OWNER)
        assert account.server_invites

        written = adapter.create(account, draft())
        assert written.invited
        assert adapter.create(account, draft()).invited
        assert mails.methods() == [("bob@example.net", "REQUEST")]

        later = draft(start=START + timedelta(hours=2), sequence=1)
        moved = adapter.update(account, written.remote_id, written.etag, later)
        assert moved.invited
        assert mails.methods()[1:] == [("bob@example.net", "REQUEST")]

        adapter.cancel(account, moved.remote_id, moved.etag, later)
        assert mails.methods()[2:] == [("bob@example.net", "CANCEL")]
    finally:
        smtp.stop()


def test_a_server_that_only_says_it_invites_is_found_out(start) -> None:
    adapter, account, running = start(email=OWNER)
    assert account.server_invites  # so it says
    assert not adapter.create(account, draft()).invited
    with running.client() as client:
        text = DavHand(client, "/user/calendars/calendar/").text("mtg_01@holdfast")
    assert "SCHEDULE-STATUS" in text


def test_a_server_that_does_not_know_the_owner_does_not_invite(start) -> None:
    adapter, account, running = start(email="somebody@else.example")
    assert not account.server_invites
    assert not adapter.create(account, draft()).invited
    with running.client() as client:
        text = DavHand(client, "/user/calendars/calendar/").text("mtg_01@holdfast")
    assert text.count("SCHEDULE-AGENT=CLIENT") == 3
    assert "SCHEDULE-STATUS" not in text


def test_what_somebody_else_organises_is_not_left_to_the_server(start) -> None:
    adapter, account, _ = start(email=OWNER)
    foreign = replace(draft(), organizer=Attendee("Holdfast", "meetings@holdfast.example"))
    assert not adapter.create(account, foreign).invited


# --- TLS ---


def test_over_tls_with_a_password_of_its_own(start) -> None:
    adapter, account, running = start(tls=True)
    assert account.settings["auth"] == "basic"
    assert adapter.sync(account, None, WINDOW).full
    with pytest.raises(Refused):
        adapter.sync(replace(account, secret={**account.secret, "password": "wrong horse"}), None, WINDOW)
    distrusting = GuardedClient(allow_private=True)
    try:
        with pytest.raises(Unreachable, match="certificate"):
            CalDavCalendar(distrusting).connect(replace(account, settings={"url": running.url}))
    finally:
        distrusting.close()
