"""Google as a whole: TLS, many at once, and two people who both are at Google."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from google_site import ALICE, BOB, LATER, MEETING, NOW, WINDOW, ZONE, Site

from integrations.google import GoogleApi, GoogleCalendar
from integrations.google.api import Session
from service.domain.errors import Unreachable
from service.ports.calendar import Account
from service.ports.clock import FixedClock
from tests.emulators.google.emulator import GoogleEmulator
from tests.emulators.google.faults import Fault


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for the loopback address, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "emulated Google")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, private = tmp_path / "certificate.pem", tmp_path / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, private


def test_our_own_authority_is_trusted_beside_the_systems(certificate: tuple[Path, Path]) -> None:
    pem, key = certificate
    with GoogleEmulator(clock=FixedClock(NOW), certificate=pem, key=key) as google:
        google.person(ALICE, zone=ZONE).add(MEETING)
        account = Account("cal_1", ALICE, ZONE, secret=google.secret(ALICE))
        trusting = GoogleApi(base=google.url, ca_bundle=pem)
        assert len(GoogleCalendar(trusting).sync(account, None, WINDOW).events) == 1
        trusting.close()
        distrusting = GoogleApi(base=google.url)
        with pytest.raises(Unreachable, match="certificate"):
            GoogleCalendar(distrusting).sync(account, None, WINDOW)
        distrusting.close()


def test_many_at_once_never_mix_their_answers_or_accounts(site: Site) -> None:
    """One adapter is shared by all threads, as in the house."""
    people = [f"person-{n}@example.com" for n in range(8)]
    accounts = {}
    for n, email in enumerate(people):
        for day in range(n + 1):
            site.google.person(email, zone=ZONE).add(MEETING.moved_to(MEETING.start + day * 86_400))
        accounts[email] = Account("cal", email, ZONE, secret=site.google.secret(email))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda email: len(site.sync(accounts[email]).events), people * 6))
    assert found == [people.index(email) + 1 for email in people * 6]


def test_a_task_ends_with_its_budget_however_patient_each_request_is(site: Site) -> None:
    account = site.account()
    site.api.patience = 60
    site.google.faults.add("*", Fault.HANGS)
    hurried = GoogleCalendar(site.api, connect_budget=0.2, write_budget=0.2, sync_budget=0.2)
    began = time.monotonic()
    for act in (
        lambda: hurried.connect(account),
        lambda: hurried.sync(account, None, WINDOW),
        lambda: hurried.create(account, site.draft()),
    ):
        with pytest.raises(Unreachable):
            act()
    assert time.monotonic() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy
    site.google.faults.clear()
    spent = Session(site.api, account.secret["access_token"], 5, timer=iter([0.0, 6.0]).__next__)
    with pytest.raises(Unreachable, match="too long"):
        spent.ask(lambda api: api.events().list(calendarId="primary"))


def test_two_workers_create_one_event(site: Site) -> None:
    account = site.account()
    with ThreadPoolExecutor(6) as pool:
        written = list(pool.map(lambda _: site.adapter.create(account, site.draft()), range(6)))
    assert len({(one.remote_id, one.uid) for one in written}) == 1
    assert len(site.alice.events()) == 1
    assert [(mail.to, mail.method) for mail in site.google.mails] == [(BOB, "REQUEST")]


def test_two_people_at_google(site: Site) -> None:
    """Booked in the mentor's calendar, there in the mentee's under the same UID; a move and a refusal reach the other side."""
    bob = site.google.person(BOB, zone="America/New_York")
    theirs = Account("cal_2", BOB, "America/New_York", secret=site.google.secret(BOB))
    ours = site.account()
    written = site.adapter.create(ours, site.draft())
    (copy,) = site.adapter.sync(theirs, None, WINDOW).events
    assert (copy.uid, copy.master) == (written.uid, MEETING)
    bob.accept(written.remote_id)
    first = site.sync(ours)
    assert dict(first.events[0].responses)[BOB] == "accepted"
    site.alice.move(written.remote_id, LATER)
    (moved,) = site.sync(ours, first.state).events
    assert (moved.master, moved.uid, moved.sequence) == (LATER, written.uid, 1)
    assert site.adapter.sync(theirs, None, WINDOW).events[0].master == LATER
    bob.delete(written.remote_id)
    (declined,) = site.sync(ours, first.state).events
    assert (dict(declined.responses)[BOB], declined.cancelled) == ("declined", False)
    assert site.adapter.sync(theirs, None, WINDOW).events == ()
    assert len(site.google.invitations(BOB)) == 2  # the meeting, and its new time
