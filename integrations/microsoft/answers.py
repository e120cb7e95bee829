"""Microsoft's answer -> what Holdfast does about it. First the error code, then the status: a code says more."""

from __future__ import annotations

import json
from collections.abc import Mapping

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

NAME = "Microsoft"

# Graph's error code, in small letters -> (what to do, what to say).
CODES: Mapping[str, tuple[type[ProviderTrouble], str]] = {
    "invalidauthenticationtoken": (Unauthorized, "does not accept the access token any more"),
    "erroraccessdenied": (Refused, "does not allow this"),
    "authorization_requestdenied": (Refused, "does not allow this"),
    "accessdenied": (Refused, "does not allow this"),
    "erroritemnotfound": (Gone, "says this is not there any more"),
    "resourcenotfound": (Gone, "says this is not there any more"),
    "erroreventnotfound": (Gone, "says this is not there any more"),
    "errorfoldernotfound": (Gone, "says this calendar is not there any more"),
    "errorinvalididmalformed": (Gone, "knows no event by this id"),
    "errorinvalidid": (Gone, "knows no event by this id"),
    "syncstatenotfound": (SyncReset, "has forgotten where the last reading ended"),
    "syncstateinvalid": (SyncReset, "has forgotten where the last reading ended"),
    "errorsyncstatenotfound": (SyncReset, "has forgotten where the last reading ended"),
    "errorinvalidsyncstatedata": (SyncReset, "has forgotten where the last reading ended"),
    "resyncrequired": (SyncReset, "wants everything to be read afresh"),
    "errorirresolvableconflict": (Changed, "holds another version"),
    "errorstaleobject": (Changed, "holds another version"),
    "errorduplicatetransactionid": (Changed, "has this meeting already"),
    "applicationthrottled": (Throttled, "asks to wait"),
    "toomanyrequests": (Throttled, "asks to wait"),
    "errorserverbusy": (Throttled, "asks to wait"),
    "errorexceededconnectioncount": (Throttled, "asks to wait"),
    "mailboxconcurrency": (Throttled, "asks to wait"),
    "activitylimitreached": (Throttled, "asks to wait"),
    "errorexceededmessagelimit": (Throttled, "asks to wait"),
    "quotaexceeded": (Throttled, "asks to wait"),
    "quotalimitreached": (Throttled, "asks to wait"),
    "ratelimitexceeded": (Throttled, "asks to wait"),
    "throttledrequest": (Throttled, "asks to wait"),
    "mailboxnotenabledforrestapi": (Unsupported, "keeps no calendar of this account that other programs may read"),
    "mailboxnotsupportedforrestapi": (Unsupported, "keeps no calendar of this account that other programs may read"),
    "errormailboxmoveinprogress": (Unreachable, "is moving this mailbox just now"),
    "errormailboxstoreunavailable": (Unreachable, "cannot reach this mailbox just now"),
    "errorinternalservertransienterror": (Unreachable, "has a problem of its own"),
    "serviceunavailable": (Unreachable, "has a problem of its own"),
    "generalexception": (Unreachable, "has a problem of its own"),
    "errorquotaexceeded": (ProviderTrouble, "has no room left in this mailbox"),
}

# OAuth's error code -> the same, for signing in and refreshing.
SIGN_IN_CODES: Mapping[str, tuple[type[ProviderTrouble], str]] = {
    "invalid_grant": (Refused, "does not accept this sign-in any more; sign in again"),
    "interaction_required": (Refused, "wants the person to sign in again"),
    "login_required": (Refused, "wants the person to sign in again"),
    "consent_required": (Refused, "wants the person to give access again"),
    "access_denied": (Refused, "was told not to give access"),
    "cancelled": (Refused, "was told not to give access"),
    "invalid_resource": (Refused, "gives no access to this account's calendar"),
    # What only whoever runs Holdfast can mend must not disconnect everybody's calendars.
    "invalid_client": (ProviderTrouble, "does not accept this installation's client id or secret"),
    "unauthorized_client": (ProviderTrouble, "does not accept this installation's application"),
    "invalid_request": (ProviderTrouble, "did not understand the sign-in"),
    "invalid_scope": (ProviderTrouble, "does not know what this installation asks for"),
    "unsupported_grant_type": (ProviderTrouble, "did not understand the sign-in"),
    "temporarily_unavailable": (Unreachable, "has a problem of its own"),
    "server_error": (Unreachable, "has a problem of its own"),
}

DEEPEST = 5  # errors within errors that are looked at

_BY_STATUS: Mapping[int, tuple[type[ProviderTrouble], str]] = {
    401: (Unauthorized, "does not accept the access token any more"),
    # Not "disconnect": a 403 that nobody has seen before is a calendar that cannot be read, with a reason.
    403: (ProviderTrouble, "does not allow this"),
    410: (SyncReset, "wants everything to be read afresh"),
}


def graph_error(status: int, body: bytes, headers: Mapping[str, str], *, now: int) -> ProviderTrouble:
    """The error for an answer of Graph that is no success; the caller raises it. ``now`` is epoch seconds."""
    code = error_code(body)
    wait = retry_after(headers, now=now)
    if status == 429 or (status == 403 and wait is not None):
        # Whatever it says beside: who names a time to wait has not withdrawn anything.
        return Throttled(f"{NAME} asks to wait (HTTP {status}).", retry_after=wait)
    if status == 403 and not code:
        # Whoever withdraws access says so by its name; a page of something in between has withdrawn nothing.
        return Unreachable(f"{NAME} did not say why it refuses (HTTP {status}).")
    if code not in CODES and status not in _BY_STATUS:
        return provider_error(status, NAME, headers, now=now)
    kind, says = CODES.get(code) or _BY_STATUS[status]
    detail = f"{NAME} {says} (HTTP {status})."
    return Throttled(detail, retry_after=wait) if kind is Throttled else kind(detail)


def sign_in_error(code: str) -> ProviderTrouble:
    """The error for an OAuth answer with an ``error``. Microsoft's own description is left out: it names accounts."""
    kind, says = SIGN_IN_CODES.get(code, (ProviderTrouble, "refuses the sign-in"))
    return kind(f"{NAME} {says}." if code in SIGN_IN_CODES else f"{NAME} {says} ({_plain(code)}).")


def error_code(body: bytes) -> str:
    """Graph's error code in small letters; empty where the answer names none.

    What lies in ``innerError`` is the same error said more exactly: the innermost code that means something to us counts."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    codes: list[str] = []
    while isinstance(error, dict) and len(codes) < DEEPEST:
        code = error.get("code")
        codes.append(code.strip().lower() if isinstance(code, str) else "")
        error = error.get("innerError") or error.get("innererror")
    return next((code for code in reversed(codes) if code in CODES), codes[0] if codes else "")


def _plain(code: str) -> str:
    return "".join(it for it in code[:40] if it.isascii() and (it.isalnum() or it in "_-."))
