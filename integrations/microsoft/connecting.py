"""Which calendars lie behind an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.microsoft.answers import NAME
from integrations.microsoft.free_busy import schedule
from integrations.microsoft.graph import Json, Mailbox
from service.domain.errors import BadCalendar
from service.domain.timespan import DAY, Span
from service.ports.calendar import Account, Connection

_FIELDS = "id,name,isDefaultCalendar,canEdit,owner,allowedOnlineMeetingProviders,defaultOnlineMeetingProvider"
_MOST_PAGES = 10


def connect(mailbox: Mailbox, account: Account) -> list[Connection]:
    """The account's own calendars, the default one first. Calendars that others share are their time, not this person's.

    An account that gave free/busy alone and has getSchedule (work or school) is one calendar."""
    given = account.settings
    kept = {name: given[name] for name in ("kind", "access", "writes", "address", "tenant") if given.get(name)}
    if free_busy_only(given) and given.get("kind") != "personal":
        address = address_of(account)
        schedule(mailbox, address, Span(mailbox.now(), mailbox.now() + DAY))
        settings = {**kept, "address": address}
        return [Connection(address, settings, writable=False, server_invites=False, primary=False)]
    listed = _listed(mailbox)
    default = next((it for it in listed if it.get("isDefaultCalendar") is True), listed[0])
    owner = _owner(default)
    if owner:
        kept.setdefault("address", owner)
    found = [_connection(default, kept, given, default=True)]
    found += [
        _connection(it, kept, given, default=False)
        for it in listed
        if it is not default and (not owner or _owner(it) in {"", owner})
    ]
    return found


def free_busy_only(settings: Mapping[str, str]) -> bool:
    """Whether the account gave no more than free/busy."""
    return settings.get("access") == "free_busy"


def address_of(account: Account) -> str:
    """The mailbox's own address."""
    return account.settings.get("address") or account.owner_email


def _listed(mailbox: Mailbox) -> list[Json]:
    page = mailbox.get("/me/calendars", {"$select": _FIELDS, "$top": "100"})
    found: list[Json] = []
    for _ in range(_MOST_PAGES):
        entries, onward = page.get("value"), page.get("@odata.nextLink")
        if not isinstance(entries, list) or not all(isinstance(it, dict) and it.get("id") for it in entries):
            break
        found += entries
        if not isinstance(onward, str):
            if not found:
                break
            return found
        page = mailbox.get(mailbox.link(onward))
    raise BadCalendar(f"{NAME} lists no calendar of this account.")


def _connection(raw: Mapping[str, Any], kept: dict[str, str], given: Mapping[str, str], *, default: bool) -> Connection:
    writable = raw.get("canEdit") is not False and given.get("writes", "yes") == "yes" and not free_busy_only(given)
    settings = dict(kept)
    if not default:
        settings["calendar"] = str(raw["id"])
    online = _online(raw)
    if writable and online:
        settings["online"] = online
    name = raw.get("name")
    return Connection(
        name=name if isinstance(name, str) and name.strip() else "Calendar",
        settings=settings,
        writable=writable,
        server_invites=writable,
        primary=writable and default,
    )


def _online(raw: Mapping[str, Any]) -> str:
    """The kind of online meeting that this calendar makes; empty where it makes none."""
    allowed = raw.get("allowedOnlineMeetingProviders")
    allowed = [it for it in allowed if isinstance(it, str) and it != "unknown"] if isinstance(allowed, list) else []
    first = raw.get("defaultOnlineMeetingProvider")
    return first if isinstance(first, str) and first in allowed else next(iter(allowed), "")


def _owner(raw: Mapping[str, Any]) -> str:
    owner = raw.get("owner")
    address = owner.get("address") if isinstance(owner, dict) else None
    return address.lower() if isinstance(address, str) else ""
