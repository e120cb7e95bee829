"""Signing in: the whole flow over the emulator's login host, with msal."""

from __future__ import annotations

import json
import logging
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from microsoft_site import ALICE, BOB, REDIRECT, WINDOW, Site, draft

from integrations.microsoft.scopes import BOOKING, EVENTS, FREE_BUSY
from integrations.microsoft.sign_in import PERSONAL_TENANT
from service.domain.errors import BadInput, ProviderTrouble, Refused, Throttled, Unauthorized, Unreachable
from service.ports.calendar import Account
from service.ports.sign_in import Grant
from tests.emulators.microsoft.emulator import WORK_TENANT


def connect(site: Site, address: str = ALICE, *, gives: set[str] | None = None, **ways: object) -> Grant:
    signing = site.sign_in(**ways)
    step = signing.begin(state="s-1", redirect_uri=REDIRECT, login_hint=None)
    query = site.microsoft.browse(step.url, address, gives=gives)
    return signing.finish(query=query, keep=step.keep, redirect_uri=REDIRECT)


def as_account(grant: Grant) -> Account:
    return Account("cal_1", grant.email, "Europe/Berlin", grant.settings, grant.secret, server_invites=True)


def test_the_address_asks_for_the_least_and_is_bound(site: Site) -> None:
    step = site.sign_in().begin(state="s-1", redirect_uri=REDIRECT, login_hint=ALICE)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(step.url).query).items()}
    assert step.url.startswith(f"{site.microsoft.url}/common/oauth2/v2.0/authorize?")
    assert set(asked["scope"].split()) == {BOOKING, "email", "openid", "profile", "offline_access"}
    assert (asked["state"], asked["redirect_uri"], asked["login_hint"]) == ("s-1", REDIRECT, ALICE)
    assert asked["code_challenge_method"] == "S256"
    assert json.loads(step.keep["flow"])["code_verifier"] not in step.url
    assert site.microsoft.client_secret not in step.url + step.keep["flow"]
    assert "flow" not in repr(step)


def test_a_work_account_gives_access_and_its_defaults(site: Site) -> None:
    grant = connect(site)
    assert (grant.email, grant.access, grant.zone) == (ALICE, "events", "Europe/Berlin")
    assert grant.subject == f"{WORK_TENANT}.{site.alice.box.oid}"
    assert {BOOKING, "openid"} <= set(grant.scopes)
    assert grant.working_hours == [{"weekdays": ["mon", "tue", "wed", "thu", "fri"], "start": "08:00", "end": "17:00"}]
    assert grant.settings == {
        "kind": "work", "access": "events", "writes": "yes", "address": ALICE, "tenant": WORK_TENANT
    }  # fmt: skip
    assert all(isinstance(it, str) for it in grant.secret.values())
    assert not [it for it in grant.secret.values() if len(it) > 20 and it in repr(grant)]


def test_what_it_gives_reads_and_books(site: Site) -> None:
    account = as_account(connect(site))
    (found,) = site.calendar.connect(account)
    assert (found.name, found.writable, found.primary, found.server_invites) == ("Calendar", True, True, True)
    assert found.settings["online"] == "teamsForBusiness"
    assert site.calendar.sync(account, None, WINDOW).full
    assert site.calendar.create(account, draft()).invited


def test_a_personal_account(site: Site) -> None:
    site.microsoft.add_account("carol@outlook.example", "Carol", personal=True)
    grant = connect(site, "carol@outlook.example")
    assert (grant.settings["kind"], grant.settings["tenant"]) == ("personal", PERSONAL_TENANT)
    assert (grant.access, grant.zone, grant.working_hours) == ("events", None, None)
    account = as_account(grant)
    (found,) = site.calendar.connect(account)
    assert found.primary
    assert "online" not in found.settings
    assert site.calendar.sync(account, None, WINDOW).full


@pytest.mark.parametrize(
    ("gives", "access", "writes"),
    [({BOOKING}, "events", "yes"), ({EVENTS}, "events", "no"), ({FREE_BUSY}, "free_busy", "no")],
)
def test_what_is_granted_counts_not_what_was_asked(site: Site, gives: set[str], access: str, writes: str) -> None:
    (asked,) = gives
    grant = connect(site, gives=gives, asks=asked)
    assert (grant.access, grant.settings["writes"]) == (access, writes)
    found = site.calendar.connect(as_account(grant))
    assert [it.writable for it in found] == [writes == "yes"]
    assert site.calendar.sync(as_account(grant), None, WINDOW).full


def test_no_calendar_no_connection(site: Site) -> None:
    with pytest.raises(Refused, match="calendar"):
        connect(site, gives=set())


def test_no_lasting_access_no_connection(site: Site) -> None:
    signing = site.sign_in()
    step = signing.begin(state="s", redirect_uri=REDIRECT, login_hint=None)
    url = step.url.replace("offline_access", "")
    query = site.microsoft.browse(url, ALICE)
    with pytest.raises(Refused, match="lasting"):
        signing.finish(query=query, keep=step.keep, redirect_uri=REDIRECT)


def test_whoever_says_no_is_refused(site: Site) -> None:
    signing = site.sign_in()
    step = signing.begin(state="s", redirect_uri=REDIRECT, login_hint=None)
    query = site.microsoft.browse(step.url, ALICE, says_no=True)
    with pytest.raises(Refused, match="not to give access"):
        signing.finish(query=query, keep=step.keep, redirect_uri=REDIRECT)


@pytest.mark.parametrize(
    "wrong", ["state", "code", "verifier", "nonce", "redirect", "keep", "twice", "audience", "empty"]
)
def test_what_does_not_belong_together_is_refused(site: Site, wrong: str) -> None:
    signing = site.sign_in()
    step = signing.begin(state="s-1", redirect_uri=REDIRECT, login_hint=None)
    if wrong == "audience":
        site.microsoft.login.audience = "another-application"
    query = site.microsoft.browse(step.url, ALICE)
    keep, redirect = dict(step.keep), REDIRECT
    flow = json.loads(keep["flow"])
    if wrong == "state":
        query["state"] = "s-2"
    elif wrong == "code":
        query["code"] += "x"
    elif wrong == "verifier":
        keep["flow"] = json.dumps({**flow, "code_verifier": "x" * 43})
    elif wrong == "nonce":
        keep["flow"] = json.dumps({**flow, "nonce": "another"})
    elif wrong == "redirect":
        redirect = "https://evil.example/callback"
    elif wrong == "keep":
        keep = {}
    elif wrong == "twice":
        signing.finish(query=query, keep=keep, redirect_uri=redirect)
    elif wrong == "empty":
        query = {}
    with pytest.raises(Refused):
        signing.finish(query=query, keep=keep, redirect_uri=redirect)


@pytest.mark.parametrize(
    ("tenant", "address", "admitted"),
    [
        ("common", "carol@outlook.example", True),
        ("organizations", ALICE, True),
        ("organizations", "carol@outlook.example", False),
        ("consumers", "carol@outlook.example", True),
        ("consumers", ALICE, False),
        (WORK_TENANT, ALICE, True),
    ],
)
def test_the_tenant_says_who_may_sign_in(site: Site, tenant: str, address: str, admitted: bool) -> None:
    site.microsoft.add_account("carol@outlook.example", "Carol", personal=True)
    if admitted:
        assert connect(site, address, tenant=tenant).email == address
    else:
        with pytest.raises(Refused):
            connect(site, address, tenant=tenant)


def test_a_tenant_that_is_none_is_the_operators_matter(site: Site) -> None:
    with pytest.raises(ProviderTrouble, match="tenant") as trouble:
        site.sign_in(tenant="nowhere").begin(state="s", redirect_uri=REDIRECT, login_hint=None)
    assert type(trouble.value) is ProviderTrouble


def test_an_http_login_base_is_the_operators_matter(site: Site) -> None:
    with pytest.raises(BadInput, match="MICROSOFT_LOGIN_BASE"):
        site.sign_in(login_base="http://127.0.0.1:1").begin(state="s", redirect_uri=REDIRECT, login_hint=None)


def test_a_refresh_gives_a_new_token_and_keeps_all_else(site: Site) -> None:
    grant = connect(site)
    signing = site.sign_in()
    site.microsoft.login.expire()
    with pytest.raises(Unauthorized):
        site.calendar.sync(as_account(grant), None, WINDOW)
    fresh = signing.refresh(grant.secret)
    assert fresh["access_token"] != grant.secret["access_token"]
    assert (set(fresh), fresh["scopes"]) == (set(grant.secret), grant.secret["scopes"])
    assert int(fresh["expires_at"]) == site.clock.now() + 3600
    account = Account("cal_1", ALICE, "Europe/Berlin", grant.settings, fresh)
    assert site.calendar.sync(account, None, WINDOW).full
    assert signing.refresh(fresh)["access_token"] not in {fresh["access_token"], grant.secret["access_token"]}
    # One call each: where the endpoints are is known by now.
    assert site.microsoft.counts()["token"] == 3


def test_a_refresh_asks_for_what_was_granted_and_no_more(site: Site) -> None:
    grant = connect(site, gives={FREE_BUSY}, asks=FREE_BUSY)
    assert site.sign_in().refresh(grant.secret)["access_token"]  # asking for more would be refused


def test_a_withdrawn_grant_is_refused(site: Site) -> None:
    grant = connect(site)
    site.microsoft.withdraw(ALICE)
    with pytest.raises(Refused):
        site.sign_in().refresh(grant.secret)
    for odd in ({}, {"cache": ""}, {"cache": "{}"}, {"cache": "no json"}, {"cache": "[]"}):
        with pytest.raises(Refused):
            site.sign_in().refresh(odd)


def test_an_answer_without_client_info_can_be_refreshed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    real = site.microsoft.login._tokens

    def plain(*args: object):
        answer = real(*args)
        del answer.body["client_info"]
        return answer

    monkeypatch.setattr(site.microsoft.login, "_tokens", plain)
    grant = connect(site)
    once = site.sign_in().refresh(grant.secret)
    assert site.sign_in().refresh(once)["access_token"] != once["access_token"]


def test_an_operators_wrong_secret_disconnects_nobody(site: Site) -> None:
    grant = connect(site)
    with pytest.raises(ProviderTrouble) as trouble:
        site.sign_in(client_secret="old").refresh(grant.secret)
    assert type(trouble.value) is ProviderTrouble


def test_revoking_twice_is_fine(site: Site) -> None:
    grant = connect(site)
    site.sign_in().revoke(grant.secret)
    site.sign_in().revoke({})


def test_accounts_do_not_mix(site: Site) -> None:
    alice, bob = connect(site), connect(site, BOB)
    signing = site.sign_in()
    for grant, address in ((alice, ALICE), (bob, BOB)):
        token = signing.refresh(grant.secret)["access_token"]
        assert site.microsoft.login.access[token].box.address == address


EXPECTED = {
    "429": Throttled,
    "500": Unreachable,
    "503": Unreachable,
    "hang": Unreachable,
    "cut": Unreachable,
    "malformed": Unreachable,
    "html": Unreachable,
}


@pytest.mark.parametrize("operation", ["discovery", "token"])
@pytest.mark.parametrize("kind", list(EXPECTED))
def test_trouble_at_the_login_host_never_disconnects(
    site: Site, operation: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    grant = connect(site)
    signing = site.sign_in(patience=0.3 if kind == "hang" else 4.0)
    site.microsoft.faults.on(operation, kind)
    with caplog.at_level(logging.DEBUG), pytest.raises(EXPECTED[kind]):
        signing.refresh(grant.secret)
    assert site.microsoft.faults.met == 1
    assert grant.secret["access_token"] not in caplog.text
    assert signing.refresh(grant.secret)["access_token"]  # once is enough


@pytest.mark.parametrize("operation", ["calendars", "getSchedule"])
@pytest.mark.parametrize("kind", ["429", "403", "500", "cut", "malformed"])
def test_the_courtesies_of_an_account_are_no_condition(site: Site, operation: str, kind: str) -> None:
    site.microsoft.faults.on(operation, kind, times=None)
    grant = connect(site)
    assert (grant.email, grant.access) == (ALICE, "events")


def test_whoever_comes_back_does_not_wait_long_for_courtesies(site: Site) -> None:
    site.graph.patience = 0.3
    for operation in ("calendars", "getSchedule"):
        site.microsoft.faults.on(operation, "hang", times=None)
    began = time.monotonic()
    assert connect(site).email == ALICE
    assert time.monotonic() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy


def test_without_a_word_about_scopes_what_was_asked_was_given(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    real = site.microsoft.login._tokens

    def silent(*args: object):
        answer = real(*args)
        del answer.body["scope"]
        return answer

    monkeypatch.setattr(site.microsoft.login, "_tokens", silent)
    grant = connect(site)
    assert (grant.access, grant.settings["writes"]) == ("events", "yes")
    assert site.sign_in().refresh(grant.secret)["scopes"] == grant.secret["scopes"]
