"""What is asked of a person, and what their answer amounts to. Somebody who grants only free/busy is served all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_CALENDAR = "https://www.googleapis.com/auth/calendar"

FREE_BUSY = f"{_CALENDAR}.freebusy"
EVENTS = f"{_CALENDAR}.events.owned"
LISTING = f"{_CALENDAR}.calendarlist.readonly"

ASKED = ("openid", "email", FREE_BUSY, EVENTS)
"""The least that serves: who it is, when they are busy, and the events of their own calendars."""

# Wider grants of the same kind count too: an administrator may have given them for a whole domain.
_READS_FREE_BUSY = {FREE_BUSY, _CALENDAR, f"{_CALENDAR}.readonly", f"{_CALENDAR}.events.freebusy"}
_KEEPS_EVENTS = {EVENTS, _CALENDAR, f"{_CALENDAR}.events"}
_LISTS = {LISTING, _CALENDAR, f"{_CALENDAR}.readonly", f"{_CALENDAR}.calendarlist"}


def granted(secret: Mapping[str, str]) -> frozenset[str]:
    """The scopes that were given, as the sign-in noted them in the secret."""
    return frozenset(secret.get("scope", "").split())


def access_of(scopes: Iterable[str]) -> str | None:
    """``events``, ``free_busy``, or ``None`` for a grant that is of no use."""
    given = set(scopes)
    if given & _KEEPS_EVENTS:
        return "events"
    return "free_busy" if given & _READS_FREE_BUSY else None


def may_list(scopes: Iterable[str]) -> bool:
    """Whether the account's other calendars may be listed."""
    return bool(set(scopes) & _LISTS)
