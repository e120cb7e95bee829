"""Connecting: which calendars lie behind a grant, and what each may be used for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from integrations.google import free_busy
from integrations.google.answers import nonsense
from integrations.google.api import Session
from integrations.google.items import Item, text
from integrations.google.scopes import access_of, granted, may_list
from service.domain.errors import ProviderTrouble, Unsupported
from service.domain.timespan import DAY, Span
from service.ports.calendar import Account, Connection

PRIMARY = "primary"
_MOST_PAGES = 20
# Holidays, birthdays, week numbers: calendars that Google makes up, and that keep nobody from meeting.
_MADE_UP = "@group.v.calendar.google.com"
_LISTED = "nextPageToken,items(id,summary,summaryOverride,primary,accessRole,selected,hidden,deleted)"


def access(account: Account) -> str:
    """``events`` or ``free_busy``: what this calendar may be used for. Raises ``Unsupported`` where it is neither."""
    found = account.settings.get("access") or (
        access_of(granted(account.secret)) if account.secret.get("scope") else "events"
    )
    if found is None:
        raise Unsupported("Google Calendar was not given leave to show when this person is busy.")
    return found


def calendar_of(account: Account) -> str:
    """Google's id of the calendar."""
    return account.settings.get("calendar") or PRIMARY


def find(session: Session, account: Account) -> list[Connection]:
    """The primary calendar, tried, and the others where listing them was granted; the primary one first."""
    if may_list(granted(account.secret)):
        found = [_listed(entry, account) for entry in _entries(session) if _is_real(entry)]
        if any(one.primary for one in found):
            return sorted(found, key=lambda one: not one.primary)
    mode = access(account)
    name = account.settings.get("account") or account.owner_email
    if mode == "events":
        answer = session.ask(lambda api: api.events().list(calendarId=PRIMARY, maxResults=1, fields="kind,items(id)"))
        if answer.get("kind") != "calendar#events" and not isinstance(answer.get("items"), list):
            raise nonsense()
    else:
        tried = free_busy.busy(session, [PRIMARY], Span(session.now, session.now + DAY))[PRIMARY]
        if isinstance(tried, ProviderTrouble):
            raise tried
    return [_connection(account, PRIMARY, name, mode, role="owner", primary=True, counts=True)]


def _entries(session: Session) -> Iterator[Item]:
    page: str | None = None
    for _ in range(_MOST_PAGES):
        asked: dict[str, Any] = {"maxResults": 250, "fields": _LISTED, **({"pageToken": page} if page else {})}
        answer = session.ask(partial(_page, asked))
        items = answer.get("items")
        if not isinstance(items, list):
            raise nonsense()
        yield from (one for one in items if isinstance(one, dict))
        page = text(answer, "nextPageToken")
        if page is None:
            return
    raise nonsense()


def _page(asked: dict[str, Any], api: Any) -> Any:
    return api.calendarList().list(**asked)


def _is_real(entry: Item) -> bool:
    id_ = text(entry, "id")
    return id_ is not None and not entry.get("deleted") and not id_.endswith(_MADE_UP)


def _listed(entry: Item, account: Account) -> Connection:
    """Somebody else's calendar is only looked at for free/busy: the grant reaches the events of one's own."""
    role = text(entry, "accessRole") or ""
    primary = entry.get("primary") is True
    mode = "events" if role == "owner" and access(account) == "events" else "free_busy"
    counts = primary or (role == "owner" and entry.get("selected") is True and not entry.get("hidden"))
    id_ = str(entry["id"])
    name = text(entry, "summaryOverride") or text(entry, "summary") or id_
    return _connection(account, PRIMARY if primary else id_, name, mode, role=role, primary=primary, counts=counts)


def _connection(
    account: Account, id_: str, name: str, mode: str, *, role: str, primary: bool, counts: bool
) -> Connection:
    kept = {key: value for key, value in account.settings.items() if key == "account"}
    return Connection(
        name=name or id_,
        settings={**kept, "calendar": id_, "access": mode, "role": role, "counts": "yes" if counts else "no"},
        writable=mode == "events",
        server_invites=mode == "events",
        primary=primary,
    )
