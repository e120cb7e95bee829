"""What is asked of a person, and what they gave. Each of the three includes the one before it."""

from __future__ import annotations

from collections.abc import Iterable

FREE_BUSY = "Calendars.ReadBasic"
EVENTS = "Calendars.Read"
BOOKING = "Calendars.ReadWrite"
WHO = "email"
"""Asked beside them; msal adds ``openid profile offline_access`` by itself and refuses to be told so."""
_CALENDARS = (FREE_BUSY, EVENTS, BOOKING)


def granted(text: str) -> tuple[str, ...]:
    """The scopes of a token answer, sorted, without the address of the resource before them."""
    return tuple(sorted({it.rpartition("/")[2] for it in text.split() if it.rpartition("/")[2]}))


def calendar_scopes(scopes: Iterable[str]) -> list[str]:
    """Those of them that reach a calendar, in Microsoft's own letters: what a refresh asks for again."""
    given = {it.lower() for it in scopes}
    return [it for it in _CALENDARS if it.lower() in given]


def access(scopes: Iterable[str]) -> str | None:
    """``free_busy`` or ``events``; ``None`` where no calendar may be read."""
    given = calendar_scopes(scopes)
    if not given:
        return None
    return "free_busy" if given == [FREE_BUSY] else "events"


def may_write(scopes: Iterable[str]) -> bool:
    """Whether events may be written."""
    return BOOKING in calendar_scopes(scopes)
