"""Sign-in: PKCE, the least scopes, what was granted, proofs of identity, renewal and withdrawal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from google_site import ALICE, BOB, CALLBACK, NOW, WINDOW, ZONE, Site

from integrations.google import GoogleApi, GoogleSignIn
from integrations.google.places import Places
from service.domain.errors import ProviderTrouble, Refused, Unreachable, Unsupported
from service.ports.calendar import Account
from service.ports.sign_in import Grant, SignInStep
from tests.emulators.google.emulator import CLIENT_ID, CLIENT_SECRET, EVENTS, LISTING, Consent

_CALENDAR = "https://www.googleapis.com/auth/calendar"


def begin(site: Site, **more: object) -> SignInStep:
    return site.sign_in.begin(state="st-1", redirect_uri=CALLBACK, login_hint=ALICE, **more)


def back(site: Site, step: SignInStep) -> dict[str, str]:
    where = site.google.browse(step.url)
    assert where.startswith(f"{CALLBACK}?")
    return dict(parse_qsl(urlsplit(where).query))


def signed_in(site: Site) -> Grant:
    step = begin(site)
    return site.sign_in.finish(query=back(site, step), keep=step.keep, redirect_uri=CALLBACK)


def test_what_is_asked(site: Site) -> None:
    step = begin(site)
    asked = {name: value for name, (value,) in parse_qs(urlsplit(step.url).query).items()}
    assert set(asked.pop("scope").split()) == {
        "openid",
        "email",
        f"{_CALENDAR}.freebusy",
        f"{_CALENDAR}.events.owned",
    }
    assert len(asked.pop("code_challenge")) == 43
    assert asked.pop("nonce") == step.keep["nonce"]
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "state": "st-1",
        "access_type": "offline",
        "prompt": "consent",
        "code_challenge_method": "S256",
        "login_hint": ALICE,
    }
    assert step.keep["verifier"] not in step.url
    assert step.keep["verifier"] not in repr(step)
    assert LISTING in parse_qs(urlsplit(begin(site, choose=True).url).query)["scope"][0]


def test_the_real_addresses(site: Site) -> None:
    api = GoogleApi(clock=site.clock)
    step = GoogleSignIn(api, client_id="x", client_secret="y").begin(state="s", redirect_uri=CALLBACK, login_hint=None)
    assert step.url.startswith("https://accounts.google.com/o/oauth2/v2/auth?")
    assert "login_hint" not in step.url
    assert Places.under("http://127.0.0.1:9/").calendar == "http://127.0.0.1:9/calendar/v3/"


def test_a_grant_works(site: Site) -> None:
    grant = signed_in(site)
    assert (grant.email, grant.access, grant.zone) == (ALICE, "events", ZONE)
    assert grant.subject == site.google.world.accounts[ALICE].subject
    assert set(grant.scopes) == set(EVENTS)
    assert grant.secret["expires_at"] == str(NOW + 3599)
    assert grant.settings == {"account": ALICE, "access": "events"}
    assert grant.secret["access_token"] not in repr(grant)
    account = Account("cal_1", ALICE, ZONE, settings=grant.settings, secret=grant.secret)
    assert site.adapter.sync(account, None, WINDOW).full


def test_who_ticks_free_busy_alone_is_served(site: Site) -> None:
    site.google.consent = Consent(scopes={f"{_CALENDAR}.freebusy"})
    grant = signed_in(site)
    assert (grant.access, grant.zone) == ("free_busy", None)
    account = Account("cal_1", ALICE, ZONE, settings=grant.settings, secret=grant.secret)
    (found,) = site.adapter.connect(account)
    assert not found.writable
    assert site.adapter.sync(replace(account, settings=found.settings), None, WINDOW).full


def test_events_without_free_busy_serve_too(site: Site) -> None:
    site.google.consent = Consent(scopes={f"{_CALENDAR}.events.owned"})
    assert signed_in(site).access == "events"


def test_who_ticks_nothing_is_told(site: Site) -> None:
    site.google.consent = Consent(scopes=set())
    with pytest.raises(Refused, match="tick"):
        signed_in(site)


def test_access_for_an_hour_is_not_enough(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    real = site.google.oauth.token

    def without(*call: object) -> dict:
        return {name: value for name, value in real(*call).items() if name != "refresh_token"}

    monkeypatch.setattr(site.google.oauth, "token", without)
    with pytest.raises(Refused, match="hour"):
        signed_in(site)


def test_who_says_no(site: Site) -> None:
    site.google.consent = Consent(deny=True)
    with pytest.raises(Refused):
        signed_in(site)


def test_another_account_than_was_hinted_is_who_it_is(site: Site) -> None:
    site.google.person(BOB)
    site.google.consent = Consent(email=BOB)
    assert signed_in(site).email == BOB


def test_a_code_is_good_once_and_not_for_long(site: Site) -> None:
    step = begin(site)
    query = back(site, step)
    site.sign_in.finish(query=query, keep=step.keep, redirect_uri=CALLBACK)
    with pytest.raises(Refused):
        site.sign_in.finish(query=query, keep=step.keep, redirect_uri=CALLBACK)
    late = begin(site)
    query = back(site, late)
    site.clock.advance(601)
    with pytest.raises(Refused):
        site.sign_in.finish(query=query, keep=late.keep, redirect_uri=CALLBACK)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda query, keep: (query, {**keep, "verifier": "x" * 64}), Refused),
        (lambda query, keep: (query, {}), ProviderTrouble),
        (lambda query, keep: (query, {**keep, "nonce": "another"}), Refused),
        (lambda query, keep: ({**query, "code": "4/forged"}, keep), Refused),
        (lambda query, keep: ({}, keep), Refused),
        (lambda query, keep: ({"error": "server_error"}, keep), Unreachable),
    ],
)
def test_what_does_not_belong_together(
    site: Site, change: Callable[..., tuple[dict, dict]], error: type[ProviderTrouble]
) -> None:
    step = begin(site)
    query, keep = change(back(site, step), step.keep)
    with pytest.raises(error):
        site.sign_in.finish(query=query, keep=keep, redirect_uri=CALLBACK)


def test_another_redirect_address_is_not_taken(site: Site) -> None:
    step = begin(site)
    query = back(site, step)
    with pytest.raises(ProviderTrouble):
        site.sign_in.finish(query=query, keep=step.keep, redirect_uri="https://evil.example/")
    stranger = site.sign_in.begin(state="s", redirect_uri="https://evil.example/", login_hint=None)
    with pytest.raises(AssertionError, match="redirect_uri_mismatch"):
        site.google.browse(stranger.url)


def test_a_wrong_client_secret_disconnects_nobody(site: Site) -> None:
    grant = signed_in(site)
    wrong = GoogleSignIn(site.api, client_id=CLIENT_ID, client_secret="wrong")
    with pytest.raises(ProviderTrouble) as trouble:
        wrong.refresh(grant.secret)
    assert not isinstance(trouble.value, Refused)
    assert "administrator" in trouble.value.detail
    assert CLIENT_SECRET not in trouble.value.detail


# --- the proof of identity ---

_STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another-application"},
        {"iss": "https://evil.example"},
        {"exp": NOW - 3600},
        {"exp": "soon"},
        {"nonce": "another"},
        {"sub": None},
    ],
)
def test_a_proof_that_does_not_hold(site: Site, claims: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    real = site.google.oauth.id_token
    monkeypatch.setattr(site.google.oauth, "id_token", lambda email, nonce: real(email, **({"nonce": nonce} | claims)))
    with pytest.raises(Refused):
        signed_in(site)


@pytest.mark.parametrize("algorithm", ["RS256", "none", "HS256"])
def test_a_proof_signed_by_somebody_else(site: Site, algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = {"RS256": _STRANGER, "none": None, "HS256": "0123456789abcdef0123456789abcdef"}[algorithm]
    content = {"iss": "https://accounts.google.com", "aud": CLIENT_ID, "sub": "1", "email": ALICE, "exp": NOW + 60}
    forged = jwt.encode(content, key, algorithm=algorithm, headers={"kid": "emulated"})
    monkeypatch.setattr(site.google.oauth, "id_token", lambda *_, **__: forged)
    with pytest.raises(Refused):
        signed_in(site)


@pytest.mark.parametrize("proof", [None, "", "a.b.c", "nonsense"])
def test_no_proof_at_all(site: Site, proof: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.google.oauth, "id_token", lambda *_, **__: proof)
    with pytest.raises((Refused, Unreachable)):
        signed_in(site)


@pytest.mark.parametrize("certs", [{}, {"keys": []}, {"keys": "x"}, {"keys": [{"kty": "RSA"}]}])
def test_keys_that_are_none(site: Site, certs: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site.google.oauth, "certs", lambda: certs)
    with pytest.raises((Refused, Unreachable)):
        signed_in(site)


def test_the_proof_counts_by_the_houses_clock(site: Site) -> None:
    site.clock.advance(20 * 365 * 86_400)  # the machine's own clock says otherwise
    assert signed_in(site).email == ALICE


# --- afterwards ---


def test_renewing_keeps_what_is_not_renewed(site: Site) -> None:
    secret = signed_in(site).secret | {"mine": "stays"}
    site.clock.advance(3000)
    renewed = site.sign_in.refresh(secret)
    assert renewed["access_token"] != secret["access_token"]
    assert renewed["expires_at"] == str(NOW + 3000 + 3599)
    assert {name: renewed[name] for name in ("refresh_token", "mine")} == {
        name: secret[name] for name in ("refresh_token", "mine")
    }
    assert set(renewed["scope"].split()) == set(EVENTS)


def test_access_that_was_withdrawn_is_withdrawn(site: Site) -> None:
    secret = signed_in(site).secret
    site.google.oauth.revoke_all(ALICE)
    with pytest.raises(Refused):
        site.sign_in.refresh(secret)
    with pytest.raises(Refused):
        site.sign_in.refresh({"access_token": "x"})


def test_revoking_takes_the_whole_grant_and_may_be_repeated(site: Site) -> None:
    secret = signed_in(site).secret
    site.sign_in.revoke(secret)
    assert not site.google.oauth.refresh
    assert not site.google.oauth.access
    site.sign_in.revoke(secret)
    site.sign_in.revoke({})


def test_what_a_token_leaves_unsaid_is_what_was_asked_and_an_hour(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    real = site.google.oauth.token

    def terse(*given: Any) -> dict[str, Any]:
        return {name: value for name, value in real(*given).items() if name not in {"scope", "expires_in"}}

    monkeypatch.setattr(site.google.oauth, "token", terse)
    grant = signed_in(site)
    assert grant.access == "events"
    assert set(grant.scopes) == set(EVENTS)
    assert int(grant.secret["expires_at"]) == site.clock.now() + 3600


@pytest.mark.parametrize(
    "answer",
    [{}, {"expires_in": 5}, {"access_token": "x", "expires_in": "x"}, {"access_token": 5, "expires_in": 5}, []],
)
def test_an_answer_without_a_token_is_trouble_that_passes(
    site: Site, answer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = signed_in(site).secret
    monkeypatch.setattr(site.google.oauth, "token", lambda *_: answer)
    with pytest.raises(Unreachable):
        site.sign_in.refresh(secret)


def test_less_than_before_may_be_granted_the_second_time(site: Site) -> None:
    signed_in(site)
    site.google.consent = Consent(scopes={f"{_CALENDAR}.freebusy"})
    grant = signed_in(site)
    account = Account("cal_1", ALICE, ZONE, settings={"access": "events"}, secret=grant.secret)
    with pytest.raises(Unsupported):  # Google's word, not only ours
        site.adapter.sync(account, None, WINDOW)
