"""What each of Google's answers means, as a table."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.google import answers
from integrations.google.answers import NotUnderstood, calendar_trouble, oauth_trouble, sign_in_trouble, trouble
from service.domain.errors import (
    Changed,
    Gone,
    ProviderTrouble,
    Refused,
    SyncReset,
    Throttled,
    Unauthorized,
    Unreachable,
    Unsupported,
)

NOW = 1_445_412_480  # Wed, 21 Oct 2015 07:28:00 GMT


def body(reason: str) -> bytes:
    return json.dumps(
        {"error": {"code": 0, "message": "x", "errors": [{"domain": "global", "reason": reason}]}}
    ).encode()


TABLE = [
    (400, "invalid", NotUnderstood),
    (400, "required", NotUnderstood),
    (400, "timeRangeTooLong", NotUnderstood),
    (400, "channelIdNotUnique", Changed),
    (400, "pushNotSupportedForRequestedResource", Unsupported),
    (401, "authError", Unauthorized),
    (401, "", Unauthorized),
    (403, "rateLimitExceeded", Throttled),
    (403, "userRateLimitExceeded", Throttled),
    (403, "quotaExceeded", Throttled),
    (403, "dailyLimitExceeded", Throttled),
    (403, "calendarUsageLimitsExceeded", Throttled),
    (403, "forbiddenForNonOrganizer", Unsupported),
    (403, "forbidden", Unsupported),
    (403, "requiredAccessLevel", Unsupported),
    (403, "insufficientPermissions", Unsupported),
    (403, "accessNotConfigured", ProviderTrouble),
    (403, "domainPolicy", Refused),
    (403, "accountDisabled", Refused),
    (403, "neverHeardOf", ProviderTrouble),
    (403, "", ProviderTrouble),
    (404, "notFound", Gone),
    (405, "", Unsupported),
    (408, "", Unreachable),
    (409, "duplicate", Changed),
    (410, "deleted", Gone),
    (410, "fullSyncRequired", SyncReset),
    (410, "updatedMinTooLongAgo", SyncReset),
    (412, "conditionNotMet", Changed),
    (413, "", ProviderTrouble),
    (429, "rateLimitExceeded", Throttled),
    (429, "", Throttled),
    (500, "backendError", Unreachable),
    (502, "", Unreachable),
    (503, "backendError", Unreachable),
    (504, "", Unreachable),
    (302, "", Unreachable),
]


@pytest.mark.parametrize(("status", "reason", "kind"), TABLE)
def test_the_table(status: int, reason: str, kind: type[ProviderTrouble]) -> None:
    found = trouble(status, {}, body(reason) if reason else b"", now=NOW)
    assert type(found) is kind
    assert found.detail.startswith("Google Calendar ")
    assert str(status) in found.detail
    if kind is NotUnderstood:
        assert found.reason == reason


def test_every_row_is_tried() -> None:
    tried = {(status, reason) for status, reason, _ in TABLE} | {
        (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        (403, "SERVICE_DISABLED"),
    }
    assert set(answers.BY_REASON) <= tried


@pytest.mark.parametrize(
    ("reason", "kind"), [("ACCESS_TOKEN_SCOPE_INSUFFICIENT", Unsupported), ("SERVICE_DISABLED", ProviderTrouble)]
)
def test_the_newer_format_of_errors(reason: str, kind: type[ProviderTrouble]) -> None:
    error = {"code": 403, "status": "PERMISSION_DENIED", "details": [{"@type": "x"}, {"reason": reason}]}
    assert type(trouble(403, {}, json.dumps({"error": error}).encode(), now=NOW)) is kind


@pytest.mark.parametrize(
    ("status", "reason", "headers", "wait"),
    [
        (429, "rateLimitExceeded", {"Retry-After": "30"}, 30),
        (429, "", {"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT"}, 30),
        (403, "userRateLimitExceeded", {"Retry-After": "5"}, 5),
        (403, "rateLimitExceeded", {}, None),
        (503, "", {"Retry-After": "7"}, 7),
    ],
)
def test_how_long_to_wait(status: int, reason: str, headers: dict[str, str], wait: float | None) -> None:
    found = trouble(status, headers, body(reason), now=NOW)
    assert isinstance(found, Throttled)
    assert found.retry_after == wait


OAUTH = [
    (400, "invalid_grant", Refused),
    (403, "access_denied", Refused),
    (400, "admin_policy_enforced", Refused),
    (403, "org_internal", Refused),
    (400, "disallowed_useragent", Refused),
    # The installation's own fault must never disconnect anybody.
    (401, "invalid_client", ProviderTrouble),
    (401, "deleted_client", ProviderTrouble),
    (400, "unauthorized_client", ProviderTrouble),
    (400, "redirect_uri_mismatch", ProviderTrouble),
    (400, "invalid_scope", ProviderTrouble),
    (400, "invalid_request", ProviderTrouble),
    (403, "rate_limit_exceeded", Throttled),
    (400, "server_error", Unreachable),
    (400, "temporarily_unavailable", Unreachable),
    (400, "internal_failure", Unreachable),
    (429, "rate_limit_exceeded", Throttled),
    (429, "", Throttled),
    (500, "internal_failure", Unreachable),
    (503, "", Unreachable),
    (400, "", ProviderTrouble),
    (302, "", Unreachable),
]


@pytest.mark.parametrize(("status", "word", "kind"), OAUTH)
def test_the_token_endpoint(status: int, word: str, kind: type[ProviderTrouble]) -> None:
    found = oauth_trouble(status, {}, json.dumps({"error": word}).encode() if word else b"<html>", now=NOW)
    assert type(found) is kind
    assert set(answers.BY_OAUTH_ERROR) <= {one for _, one, _ in OAUTH}


@pytest.mark.parametrize(
    ("word", "kind"), [("access_denied", Refused), ("admin_policy_enforced", Refused), ("who_knows", ProviderTrouble)]
)
def test_what_comes_back_from_the_consent_page(word: str, kind: type[ProviderTrouble]) -> None:
    assert type(sign_in_trouble(word)) is kind


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("notFound", Gone),
        ("internalError", Unreachable),
        ("backendError", Unreachable),
        ("rateLimitExceeded", Throttled),
        ("quotaExceeded", Throttled),
        ("groupTooBig", ProviderTrouble),
        ("", ProviderTrouble),
    ],
)
def test_an_error_beside_one_calendar(reason: str, kind: type[ProviderTrouble]) -> None:
    assert type(calendar_trouble(reason)) is kind


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "errors", "details", "reason", "code"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.integers(300, 599), _JSON)
def test_no_answer_is_too_odd(status: int, content: object) -> None:
    for odd in (json.dumps(content).encode(), json.dumps({"error": content}).encode(), b"\xff{", b"[" * 20_000):
        for make in (trouble, oauth_trouble):
            assert isinstance(make(status, {}, odd, now=NOW), ProviderTrouble)
