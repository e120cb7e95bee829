"""Fetching calendar resources: many at once, one by one where a server cannot, and never one silently left
out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from integrations.caldav import bodies, hrefs, multistatus
from integrations.caldav.session import Session
from integrations.http import Response, TooBig
from integrations.ical import read_calendar
from service.domain.errors import BadCalendar
from service.domain.timespan import Span
from service.ports.calendar import Account, RemoteEvent

_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource as the server holds it: iCalendar text and version."""

    path: str
    etag: str | None
    data: bytes = field(repr=False)


def fetch(session: Session, url: str, paths: Sequence[str]) -> Iterator[Stored]:
    """The named resources of the collection ``url``; those that are gone meanwhile are left out.

    Raises ``BadCalendar`` naming a resource that the server does not hand out: what it holds might be a busy
    time."""
    for first in range(0, len(paths), _CHUNK):
        yield from _some(session, url, paths[first : first + _CHUNK])


def get(session: Session, url: str, path: str) -> Stored | None:
    """One resource, ``None`` where there is none. Raises ``BadCalendar`` where the server hands out something
    else."""
    answer = session.send("GET", hrefs.at(url, path), headers={"Accept": "text/calendar"})
    if answer.status in {404, 410}:
        return None
    if answer.status != 200:
        raise session.trouble(answer)
    return Stored(path, etag_of(answer), answer.body)


def etag_of(answer: Response) -> str | None:
    """The ETag of a whole resource's answer."""
    return answer.headers.get("etag", "").strip() or None


def event(stored: Stored, account: Account, window: Span) -> RemoteEvent | None:
    """The event that a resource holds, expanded inside ``window``; ``None`` for a task or a note.

    Raises ``BadCalendar`` naming the resource: one that cannot be read makes the whole calendar unknown."""
    name = stored.path.rpartition("/")[2]
    try:
        found = read_calendar(stored.data, zone=account.zone, window=window, owner_email=account.owner_email)
    except BadCalendar as problem:
        raise BadCalendar(f"The entry {name} cannot be read: {problem.detail}") from problem
    if len(found) > 1:
        raise BadCalendar(f"The entry {name} cannot be read: it holds several events (RFC 4791 allows one).")
    return replace(found[0], remote_id=stored.path, etag=stored.etag) if found else None


def _some(session: Session, url: str, paths: Sequence[str]) -> Iterator[Stored]:
    try:
        answer = session.send("REPORT", url, body=bodies.multiget(paths), headers={"Depth": "1"})
    except TooBig:
        if len(paths) == 1:
            name = paths[0].rpartition("/")[2]
            raise BadCalendar(f"The entry {name} is too big to be read.") from None
        middle = len(paths) // 2
        yield from _some(session, url, paths[:middle])
        yield from _some(session, url, paths[middle:])
        return
    found: dict[str, Stored | None] = {}
    if answer.status == 207:
        for resource in multistatus.read(answer.body, session.host).resources:
            path = hrefs.path(resource.href, url)
            if resource.status in {404, 410}:
                found[path] = None
            elif (data := resource.calendar_data) is not None:
                found[path] = Stored(path, resource.etag, data)
    elif answer.status not in {400, 403, 405, 415, 422, 501}:
        raise session.trouble(answer)
    for path in paths:
        # What the answer does not speak of is asked for by itself.
        stored = found[path] if path in found else get(session, url, path)
        if stored is not None:
            yield stored
