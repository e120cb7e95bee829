"""Google's answer -> what Holdfast does about it: the one table. The house's own (``integrations.errors``) takes the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from integrations.errors import provider_error, retry_after
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

NAME = "Google Calendar"
SIGN_IN = "Google's sign-in"


class NotUnderstood(ProviderTrouble):
    """A 400: the same again brings the same. ``reason`` is Google's word for it."""

    def __init__(self, detail: str, *, reason: str) -> None:
        super().__init__(detail)
        self.reason = reason


Row = tuple[type[ProviderTrouble], str]

_LIMIT: Row = (Throttled, "asks to wait")
_OTHERS: Row = (Unsupported, "lets only the organiser of an event change it")
_NARROW: Row = (Unsupported, "was not given leave to do this by the person whose account it is")
_RESET: Row = (SyncReset, "wants the calendar to be read afresh")
_SETUP: Row = (ProviderTrouble, "does not know this installation; its administrator has to look at the Google settings")

# (status, reason) -> (what to do, what to say). Status alone is in ``_BY_STATUS``.
BY_REASON: Mapping[tuple[int, str], Row] = {
    (403, "rateLimitExceeded"): _LIMIT,
    (403, "userRateLimitExceeded"): _LIMIT,
    (403, "quotaExceeded"): _LIMIT,
    (403, "dailyLimitExceeded"): _LIMIT,
    (403, "calendarUsageLimitsExceeded"): _LIMIT,
    (403, "forbiddenForNonOrganizer"): _OTHERS,
    (403, "forbidden"): (Unsupported, "does not allow this account to do this"),
    (403, "requiredAccessLevel"): (Unsupported, "lets this account read the calendar and not write it"),
    (403, "insufficientPermissions"): _NARROW,
    (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"): _NARROW,
    (403, "accessNotConfigured"): _SETUP,
    (403, "SERVICE_DISABLED"): _SETUP,
    (403, "domainPolicy"): (Refused, "says that this organisation's administrator does not allow access"),
    (403, "accountDisabled"): (Refused, "says that this account is switched off"),
    (400, "pushNotSupportedForRequestedResource"): (Unsupported, "does not watch this calendar"),
    (400, "channelIdNotUnique"): (Changed, "has a channel with this id already"),
    (410, "fullSyncRequired"): _RESET,
    (410, "updatedMinTooLongAgo"): _RESET,
}
_BY_STATUS: Mapping[int, Row] = {
    400: (NotUnderstood, "did not understand the request"),
    401: (Unauthorized, "no longer accepts the access token"),
    # Not "disconnect": a 403 that nobody has seen before is a calendar that cannot be read, with a reason.
    403: (ProviderTrouble, "does not allow this"),
    404: (Gone, "does not have this any more"),
}

# The error words of OAuth, from the token endpoint and from the way back of the sign-in page.
BY_OAUTH_ERROR: Mapping[str, Row] = {
    "invalid_grant": (Refused, "says that access was withdrawn or has run out"),
    "access_denied": (Refused, "says that access was not granted"),
    "admin_policy_enforced": (Refused, "says that this organisation's administrator does not allow access"),
    "org_internal": (Refused, "says that this application is only for people of its own organisation"),
    "disallowed_useragent": (Refused, "does not let this browser sign in"),
    "rate_limit_exceeded": _LIMIT,
    "server_error": (Unreachable, "has a problem of its own"),
    "temporarily_unavailable": (Unreachable, "has a problem of its own"),
    "internal_failure": (Unreachable, "has a problem of its own"),
    # Ours to mend, and the same for everybody: it must not disconnect anybody's calendar.
    "invalid_client": _SETUP,
    "deleted_client": _SETUP,
    "unauthorized_client": _SETUP,
    "redirect_uri_mismatch": _SETUP,
    "invalid_scope": _SETUP,
}

# What may stand beside one calendar in a freeBusy answer that is a 200 as a whole.
BY_CALENDAR_ERROR: Mapping[str, Row] = {
    "notFound": (Gone, "does not have this calendar, or does not show it to this account"),
    "internalError": (Unreachable, "could not read this calendar just now"),
    "backendError": (Unreachable, "could not read this calendar just now"),
    "rateLimitExceeded": _LIMIT,
    "quotaExceeded": _LIMIT,
}


def trouble(status: int, headers: Mapping[str, str], body: bytes, *, now: int) -> ProviderTrouble:
    """What an answer of the Calendar API that is no success means."""
    reason = _reason(body)
    row = BY_REASON.get((status, reason)) or _BY_STATUS.get(status)
    if row is None:
        return provider_error(status, NAME, headers, now=now)
    return _made(row, NAME, f"HTTP {status}" + (f", {reason}" if reason else ""), headers, now, reason)


def oauth_trouble(status: int, headers: Mapping[str, str], body: bytes, *, now: int) -> ProviderTrouble:
    """What an answer of the token endpoint that is no success means."""
    if status >= 500:
        return provider_error(status, SIGN_IN, headers, now=now)
    error = _object(body).get("error")
    if isinstance(error, dict):
        return trouble(status, headers, body, now=now)  # in the words of the other interfaces
    word = error[:60] if isinstance(error, str) else ""
    row = BY_OAUTH_ERROR.get(word)
    if row is not None:
        return _made(row, SIGN_IN, word, headers, now, word)
    if status in {400, 401, 403}:
        why = word or f"HTTP {status}"
        return ProviderTrouble(f"{SIGN_IN} did not understand the request ({why}).")
    return provider_error(status, SIGN_IN, headers, now=now)


def sign_in_trouble(word: str) -> ProviderTrouble:
    """What an ``error`` in the address that Google sends a person back to means."""
    row = BY_OAUTH_ERROR.get(word, (ProviderTrouble, "did not finish"))
    return _made(row, SIGN_IN, word[:60], {}, 0, word)


def calendar_trouble(reason: str) -> ProviderTrouble:
    """What an error beside one calendar of a freeBusy answer means: that calendar is unknown, never free."""
    row = BY_CALENDAR_ERROR.get(reason, (ProviderTrouble, "could not read this calendar"))
    return _made(row, NAME, reason[:60] or "no reason given", {}, 0, reason)


def nonsense(name: str = NAME) -> Unreachable:
    """An answer that makes no sense: worth trying again, and never read as "nothing there"."""
    return Unreachable(f"{name} sent an answer that makes no sense.")


def is_object(body: bytes) -> bool:
    """Whether a body is a JSON object, as all of Google's are."""
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def _made(row: Row, name: str, why: str, headers: Mapping[str, str], now: int, reason: str) -> ProviderTrouble:
    kind, says = row
    detail = f"{name} {says} ({why})."
    if kind is Throttled:
        return Throttled(detail, retry_after=retry_after(headers, now=now))
    return NotUnderstood(detail, reason=reason) if kind is NotUnderstood else kind(detail)


def _reason(body: bytes) -> str:
    """Google's word for what is wrong: in ``errors``, in the newer ``details``, or nowhere."""
    error = _object(body).get("error")
    if not isinstance(error, dict):
        return ""
    for items in (error.get("errors"), error.get("details")):
        for item in items if isinstance(items, list) else []:
            reason = item.get("reason") if isinstance(item, dict) else None
            if isinstance(reason, str) and reason:
                return reason[:60]
    return ""


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
