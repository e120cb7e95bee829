"""The table answer -> action, as a table."""

from __future__ import annotations

import json

import pytest

from integrations.microsoft.answers import CODES, SIGN_IN_CODES, error_code, graph_error, sign_in_error
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

TABLE = [
    # status, code, what is done
    (400, "ErrorInvalidIdMalformed", Gone),
    (400, "BadRequest", ProviderTrouble),
    (400, "ErrorInvalidSyncStateData", SyncReset),
    (401, "InvalidAuthenticationToken", Unauthorized),
    (401, "", Unauthorized),
    (401, "UnknownError", Unauthorized),
    (403, "ErrorAccessDenied", Refused),
    (403, "quotaLimitReached", Throttled),
    (403, "rateLimitExceeded", Throttled),
    (403, "SomethingNew", ProviderTrouble),
    (403, "", Unreachable),
    (403, "MailboxNotEnabledForRESTAPI", Unsupported),
    (404, "ErrorItemNotFound", Gone),
    (404, "ResourceNotFound", Gone),
    (404, "", Gone),
    (404, "MailboxNotEnabledForRESTAPI", Unsupported),
    (404, "syncStateNotFound", SyncReset),
    (409, "ErrorDuplicateTransactionId", Changed),
    (409, "", Changed),
    (410, "syncStateNotFound", SyncReset),
    (410, "resyncRequired", SyncReset),
    (410, "", SyncReset),
    (412, "ErrorIrresolvableConflict", Changed),
    (412, "", Changed),
    (423, "", Unreachable),
    (429, "ApplicationThrottled", Throttled),
    (429, "ErrorItemNotFound", Throttled),
    (429, "", Throttled),
    (500, "InternalServerError", Unreachable),
    (500, "ErrorInternalServerTransientError", Unreachable),
    (500, "ErrorIrresolvableConflict", Changed),
    (501, "", Unsupported),
    (502, "", Unreachable),
    (503, "ErrorServerBusy", Throttled),
    (503, "ErrorMailboxStoreUnavailable", Unreachable),
    (503, "", Unreachable),
    (504, "", Unreachable),
    (507, "ErrorQuotaExceeded", ProviderTrouble),
    (302, "", Unreachable),
]


@pytest.mark.parametrize(("status", "code", "kind"), TABLE)
def test_each_answer_has_one_action(status: int, code: str, kind: type[ProviderTrouble]) -> None:
    body = (
        json.dumps({"error": {"code": code, "message": "a secret of alice@contoso.example"}}).encode() if code else b""
    )
    found = graph_error(status, body, {"Retry-After": "17"} if kind is Throttled else {}, now=0)
    assert type(found) is kind
    assert "alice" not in found.detail
    if isinstance(found, Throttled):
        assert found.retry_after == 17


@pytest.mark.parametrize("name", ["innerError", "innererror"])
def test_the_innermost_code_that_means_something_counts(name: str) -> None:
    inner = {"code": "throttledRequest", name: {"code": "nobodyKnows", "date": "2026-01-01T00:00:00"}}
    body = json.dumps({"error": {"code": "accessDenied", "message": "x", name: inner}}).encode()
    assert type(graph_error(403, body, {}, now=0)) is Throttled
    assert error_code(b'{"error": {"code": "New", "innerError": {"code": "Newer"}}}') == "new"


@pytest.mark.parametrize("body", [b"<html>Forbidden</html>", b'{"error": {"code": 403, "errors": [{"reason": "x"}]}}'])
def test_a_refusal_that_does_not_say_why_withdraws_nothing(body: bytes) -> None:
    """A proxy's page, for one: nobody has to sign in again for it."""
    assert type(graph_error(403, body, {}, now=0)) is Unreachable


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"<html>", b'{"error": "x"}', b'{"error": {"code": 7}}', b"\xff"]
)
def test_an_error_without_a_code_goes_by_its_status(body: bytes) -> None:
    assert type(graph_error(404, body, {}, now=0)) is Gone


def test_every_code_is_looked_up_in_small_letters() -> None:
    assert [it for it in CODES if it != it.lower()] == []
    for code, (kind, _) in CODES.items():
        assert type(graph_error(400, json.dumps({"error": {"code": code.upper()}}).encode(), {}, now=0)) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid_grant", Refused),
        ("interaction_required", Refused),
        ("consent_required", Refused),
        ("access_denied", Refused),
        ("invalid_client", ProviderTrouble),
        ("unauthorized_client", ProviderTrouble),
        ("temporarily_unavailable", Unreachable),
        ("server_error", Unreachable),
        ("something_new<script>", ProviderTrouble),
    ],
)
def test_each_oauth_error_has_one_action(code: str, kind: type[ProviderTrouble]) -> None:
    found = sign_in_error(code)
    assert type(found) is kind
    assert "<" not in found.detail


def test_what_only_the_operator_can_mend_disconnects_nobody() -> None:
    mendable = {"invalid_client", "unauthorized_client", "invalid_scope", "invalid_request"}
    assert not [code for code in mendable if SIGN_IN_CODES[code][0] is Refused]
