"""A provider's answer -> what Holdfast does about it, for every provider alike. Adapters add their own rows
in front."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from service.domain.errors import (
    Changed,
    Gone,
    ProviderTrouble,
    Refused,
    Throttled,
    Unreachable,
    Unsupported,
)

LONGEST_WAIT = 24 * 3600.0
"""Seconds. Whoever asks for more is called again after a day all the same."""

# Status -> (what to do, what to say). A plain ProviderTrouble means: give up, the same again would bring the
# same.
ANSWERS: Mapping[int, tuple[type[ProviderTrouble], str]] = {
    400: (ProviderTrouble, "did not understand the request"),
    401: (Refused, "does not accept the credentials"),
    403: (Refused, "does not allow this"),
    404: (Gone, "does not know this address"),
    405: (Unsupported, "does not offer this"),
    407: (Unreachable, "asks for a proxy login"),
    408: (Unreachable, "waited too long for the request"),
    409: (Changed, "holds another version"),
    410: (Gone, "says this is gone"),
    412: (Changed, "holds another version"),
    413: (ProviderTrouble, "says the request is too big"),
    421: (Unreachable, "answered from the wrong server"),
    423: (Unreachable, "has this locked just now"),
    425: (Unreachable, "asks to try again"),
    429: (Throttled, "asks to wait"),
    501: (Unsupported, "does not offer this"),
    507: (ProviderTrouble, "has no room left"),
}


def provider_error(status: int, what: str, headers: Mapping[str, str], *, now: int) -> ProviderTrouble:
    """The error for an answer that is no success; the caller raises it.

    ``what`` names the provider in the sentence (a host name, "Google Calendar"); ``now`` is epoch seconds,
    for a ``Retry-After`` that is a date. Raises ``ValueError`` for a status below 300."""
    if status < 300:
        raise ValueError(f"{status} is no error")
    wait = retry_after(headers, now=now)
    if status in ANSWERS:
        kind, says = ANSWERS[status]
    elif status == 503 and wait is not None:
        kind, says = Throttled, "is busy and asks to wait"
    elif status >= 500:
        kind, says = Unreachable, "has a problem of its own"
    elif status < 400:
        kind, says = Unreachable, "redirects elsewhere"
    else:
        kind, says = ProviderTrouble, "refuses the request"
    detail = f"{what} {says} (HTTP {status})."
    return Throttled(detail, retry_after=wait) if kind is Throttled else kind(detail)


def retry_after(headers: Mapping[str, str], *, now: int) -> float | None:
    """Seconds to wait as ``Retry-After`` says, given as seconds or as an HTTP date; at most a day, at least
    0.

    ``None`` where the header is missing or makes no sense."""
    text = next((value.strip() for key, value in headers.items() if key.lower() == "retry-after"), "")
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), LONGEST_WAIT)
    try:
        when = parsedate_to_datetime(text)
        seconds = when.replace(tzinfo=when.tzinfo or UTC).timestamp() - now
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)
