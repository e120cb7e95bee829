"""Creating, changing and deleting an event: each can be called again without harm, none overwrites what it
has not seen."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from integrations.caldav import bodies, hrefs, resources
from integrations.caldav.multistatus import names_condition
from integrations.caldav.resources import Stored
from integrations.caldav.scheduling import prepared, server_invites, was_delivered
from integrations.caldav.session import Session
from integrations.http import Response
from integrations.ical import event_calendar, merge_into
from service.domain.errors import BadCalendar, Changed, Gone, HoldfastError, ProviderTrouble, Unsupported
from service.domain.timespan import DAY, Span
from service.ports.calendar import Account, EventDraft, RemoteEvent, Written

_ICS = "text/calendar; charset=utf-8"
_DONE = frozenset({200, 201, 202, 204})
_NO_UID_CONFLICT = "{urn:ietf:params:xml:ns:caldav}no-uid-conflict"


def create(session: Session, account: Account, draft: EventDraft) -> Written:
    """Puts the event under its UID, unless it is there already (then that is the answer)."""
    url = account.settings["url"]
    path = _collection(url) + quote(draft.uid, safe="") + ".ics"
    by_server = server_invites(account, draft)
    body = prepared(event_calendar(draft), by_server=by_server)
    answer = _put(session, hrefs.at(url, path), body, {"If-None-Match": "*"})
    if answer.status in _DONE:
        return _written(session, account, path, answer, draft)
    if answer.status in {403, 409, 412}:
        there = _ours(session, account, path, draft) or _by_uid(session, account, draft)
        if there is not None:
            return _as_written(there, draft, by_server=by_server)
        if answer.status != 403:
            raise ProviderTrouble(f"{session.host} does not take the event (HTTP {answer.status}).")
    raise _trouble(session, answer)


def update(session: Session, account: Account, remote_id: str, etag: str | None, draft: EventDraft) -> Written:
    """Writes the new version over the one that ``etag`` names, keeping what the draft does not speak of."""
    url = account.settings["url"]
    by_server = server_invites(account, draft)
    there = resources.get(session, url, remote_id)
    if there is None:
        raise _gone(session)
    if _is_version(there, account, draft):
        return _as_written(there, draft, by_server=by_server)
    if etag is not None and there.etag is not None and not _same(etag, there.etag):
        raise _changed(session)
    body = prepared(merge_into(there.data, draft), by_server=by_server)
    version = there.etag or etag
    answer = _put(session, hrefs.at(url, remote_id), body, {"If-Match": version} if version else {})
    if answer.status in _DONE:
        return _written(session, account, remote_id, answer, draft)
    if answer.status == 412:
        raise _gone(session) if resources.get(session, url, remote_id) is None else _changed(session)
    raise _trouble(session, answer)


def cancel(session: Session, account: Account, remote_id: str, etag: str | None) -> None:
    """Deletes the event if it still is the version that ``etag`` names; one that is gone is a success."""
    url = account.settings["url"]
    headers = {"If-Match": etag} if etag is not None else {}
    answer = session.send("DELETE", hrefs.at(url, remote_id), headers=headers)
    if answer.status in {*_DONE, 207, 404, 410}:
        return
    if answer.status == 412:
        if resources.get(session, url, remote_id) is None:
            return
        raise _changed(session)
    raise _trouble(session, answer)


def _put(session: Session, url: str, body: bytes, headers: dict[str, str]) -> Response:
    return session.send("PUT", url, body=body, kind=_ICS, headers=headers)


def _collection(url: str) -> str:
    return hrefs.path(urlsplit(url).path, url).rstrip("/") + "/"


def _written(session: Session, account: Account, path: str, answer: Response, draft: EventDraft) -> Written:
    """What stands there now. A server that schedules rewrites the event and notes in it whether mails went out; one
    that sends no ETag, or a weak one, stores something else than it was sent (RFC 4791, 5.3.4): both are read again."""
    etag = resources.etag_of(answer)
    by_server = server_invites(account, draft)
    if etag is not None and not etag.startswith("W/") and not by_server:
        return Written(remote_id=path, etag=etag, uid=draft.uid, invited=False)
    there = resources.get(session, account.settings["url"], path)
    if there is None:
        raise _gone(session)
    if not _has_uid(there, account, draft):
        raise BadCalendar(f"{session.host} took the event and shows something else in its place.")
    return _as_written(there, draft, by_server=by_server)


def _as_written(there: Stored, draft: EventDraft, *, by_server: bool) -> Written:
    return Written(
        remote_id=there.path,
        etag=there.etag,
        uid=draft.uid,
        invited=by_server and was_delivered(there.data, draft),
    )


def _ours(session: Session, account: Account, path: str, draft: EventDraft) -> Stored | None:
    there = resources.get(session, account.settings["url"], path)
    return there if there is not None and _has_uid(there, account, draft) else None


def _by_uid(session: Session, account: Account, draft: EventDraft) -> Stored | None:
    """Our event under another name: some servers, and other people's clients, name resources as they like."""
    url = account.settings["url"]
    try:
        found = session.ask("REPORT", url, bodies.uid_query(draft.uid), depth=1).resources
    except HoldfastError:
        return None
    for resource in found:
        data = resource.calendar_data
        if data is not None:
            there = Stored(hrefs.path(resource.href, url), resource.etag, data)
            if _has_uid(there, account, draft):
                return there
    return None


def _read(there: Stored, account: Account, draft: EventDraft) -> RemoteEvent | None:
    around = Span(draft.span.start - DAY, draft.span.end + DAY)
    try:
        return resources.event(there, account, around)
    except BadCalendar:
        return None  # whatever it is, it is not a version of ours


def _has_uid(there: Stored, account: Account, draft: EventDraft) -> bool:
    event = _read(there, account, draft)
    return event is not None and event.uid == draft.uid


def _is_version(there: Stored, account: Account, draft: EventDraft) -> bool:
    event = _read(there, account, draft)
    return (
        event is not None
        and event.uid == draft.uid
        and event.master == draft.span
        and event.sequence == draft.sequence
        and not event.cancelled
    )


def _same(one: str, other: str) -> bool:
    """Weak comparison: proxies that compress weaken an ETag on its way."""
    return one.removeprefix("W/") == other.removeprefix("W/")


def _gone(session: Session) -> Gone:
    return Gone(f"The event is not at {session.host} any more.")


def _changed(session: Session) -> Changed:
    return Changed(f"Somebody else changed the event at {session.host}.")


def _trouble(session: Session, answer: Response) -> HoldfastError:
    """What a refusal means for writing: a calendar that may be read and not written is no wrong password."""
    if answer.status in {403, 405, 415} or names_condition(answer.body, _NO_UID_CONFLICT):
        return Unsupported(f"{session.host} does not let this account write here (HTTP {answer.status}).")
    return session.trouble(answer)
