"""From an address a person typed to the calendars behind it (RFC 6764, RFC 4791, RFC 6638)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

from caldav.elements import cdav, dav
from caldav.lib.namespace import ns

from integrations.caldav import bodies, hrefs, multistatus
from integrations.caldav.bodies import ScheduleDefaultCalendarUrl
from integrations.caldav.multistatus import Resource
from integrations.caldav.session import Session
from service.domain.errors import BadCalendar, Refused
from service.ports.calendar import Connection

_MOST_HOMES = 5
_LONGEST_NAME = 200
_AUTO_SCHEDULE = "calendar-auto-schedule"

_ABOUT_PLACE = (
    dav.ResourceType,
    dav.DisplayName,
    dav.CurrentUserPrincipal,
    dav.CurrentUserPrivilegeSet,
    cdav.SupportedCalendarComponentSet,
    cdav.CalendarHomeSet,
    cdav.CalendarUserAddressSet,
    cdav.ScheduleInboxURL,
    cdav.ScheduleOutboxURL,
)
_ABOUT_CALENDAR = (
    dav.ResourceType,
    dav.DisplayName,
    dav.CurrentUserPrivilegeSet,
    cdav.SupportedCalendarComponentSet,
)
_WRITE, _ALL, _BIND, _WRITE_CONTENT = (ns("D", name) for name in ("write", "all", "bind", "write-content"))


class _Closed(Refused):
    """403: not an answer to the password as 401 is; it may only mean that this one path is closed."""


class _Missing(BadCalendar):
    """404."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A resource and the address that it answered at."""

    url: str
    resource: Resource

    @property
    def is_calendar(self) -> bool:
        return cdav.Calendar.tag in (self.resource.kinds(dav.ResourceType.tag) or ())

    def link(self, name: str) -> str | None:
        found = self.resource.hrefs(name)
        return urljoin(self.url, found[0]) if found else None

    def links(self, name: str) -> list[str]:
        return [urljoin(self.url, href) for href in self.resource.hrefs(name)]


def discover(session: Session, owner_email: str) -> list[Connection]:
    """The calendars behind ``session.start``; a calendar collection yields just itself.

    Raises ``BadCalendar``, ``Refused``, ``Unreachable``, ``Throttled``."""
    try:
        return _discover(session, owner_email)
    except ValueError as problem:  # urllib's word for an address that is none
        raise BadCalendar(f"{session.host} names addresses that are none.") from problem


def _discover(session: Session, owner_email: str) -> list[Connection]:
    place = _first_place(session)
    principal = _principal(session, place)
    calendars = [place] if place.is_calendar else _calendars(session, principal or place)
    calendars = [calendar for calendar in calendars if calendar.resource.holds_events]
    if not calendars:
        raise BadCalendar(f"There is no calendar for events at {session.host}.")
    invites = _server_invites(session, principal, calendars[0], owner_email)
    writable = [_is_writable(calendar.resource) for calendar in calendars]
    primary = _primary(session, principal, calendars, writable)
    settings = {"auth": session.login.scheme} if session.login.scheme else {}
    return [
        Connection(
            name=_name(calendar),
            settings={"url": calendar.url, "host": hrefs.host(calendar.url), **settings},
            writable=may_write,
            server_invites=invites,
            primary=index == primary,
        )
        for index, (calendar, may_write) in enumerate(zip(calendars, writable, strict=True))
    ]


def _first_place(session: Session) -> _Place:
    """The first address that says who we are or is a calendar itself."""
    closed: _Closed | None = None
    for url in _candidates(session.start):
        try:
            place = _look(session, url)
        except _Closed as problem:
            closed = problem
            continue
        except _Missing:
            if url == session.start and urlsplit(url).path.strip("/"):
                raise  # whoever named a calendar must not be given another one instead
            continue
        if place is not None and (place.is_calendar or _leads_on(place)):
            return place
    raise closed or BadCalendar(f"{session.host} does not answer as a CalDAV server would.")


def _leads_on(place: _Place) -> bool:
    return any(place.link(name) for name in (dav.CurrentUserPrincipal.tag, cdav.CalendarHomeSet.tag))


def _candidates(start: str) -> Iterator[str]:
    root = urljoin(start, "/")
    if urlsplit(start).path not in {"", "/"}:
        yield start
    yield urljoin(root, "/.well-known/caldav")
    yield root


def _look(session: Session, url: str) -> _Place | None:
    """What stands at an address; ``None`` for something that speaks no WebDAV. Raises ``_Missing``, ``_Closed``."""
    answer = session.send("PROPFIND", url, body=bodies.propfind(_ABOUT_PLACE), headers={"Depth": "0"})
    if answer.status in {404, 410}:
        raise _Missing(f"There is nothing at this address of {session.host}.")
    if answer.status in {400, 405, 501} or (answer.status < 300 and answer.status != 207):
        return None
    if answer.status == 403:
        raise _Closed(f"{session.host} does not allow this account to look for calendars (HTTP 403).")
    if answer.status != 207:
        raise session.trouble(answer)
    resources = multistatus.read(answer.body, session.host).resources
    if not resources or resources[0].status not in {None, 200}:  # Xandikos says 404 inside a 207
        raise _Missing(f"There is nothing at this address of {session.host}.")
    here = hrefs.path(resources[0].href, answer.url)
    return _Place(hrefs.at(answer.url, here), resources[0])


def _principal(session: Session, place: _Place) -> _Place | None:
    """The person's own page: the place itself where it has a home set, or else what it names."""
    if place.link(cdav.CalendarHomeSet.tag) and _is_principal(place):
        return place
    url = place.link(dav.CurrentUserPrincipal.tag)
    try:
        return _look(session, url) if url else None
    except (_Closed, _Missing):
        return None  # a shared calendar may be open where its owner's page is not


def _is_principal(place: _Place) -> bool:
    return ns("D", "principal") in (place.resource.kinds(dav.ResourceType.tag) or ())


def _calendars(session: Session, principal: _Place) -> list[_Place]:
    homes = principal.links(cdav.CalendarHomeSet.tag)[:_MOST_HOMES]
    found: dict[str, _Place] = {}
    for home in homes:
        listing = session.ask("PROPFIND", home, bodies.propfind(_ABOUT_CALENDAR), depth=1)
        for resource in listing.resources:
            url = hrefs.at(home, hrefs.path(resource.href, home))
            place = _Place(url, resource)
            if place.is_calendar:
                found.setdefault(url, place)
    return list(found.values())


def _is_writable(resource: Resource) -> bool:
    """A server that knows no privileges does not say; the first write will."""
    granted = resource.kinds(dav.CurrentUserPrivilegeSet.tag)
    return granted is None or bool(granted & {_WRITE, _ALL}) or {_BIND, _WRITE_CONTENT} <= granted


def _server_invites(session: Session, principal: _Place | None, calendar: _Place, owner_email: str) -> bool:
    """Whether the server mails attendees of what the owner organises here.

    Besides the two signs of RFC 6638 the owner has to be known to the server by this very address: for an
    ORGANIZER whom it does not know a server sends nothing, and we have to."""
    if principal is None or principal.link(cdav.ScheduleOutboxURL.tag) is None:
        return False
    known = {address.lower() for address in principal.resource.hrefs(cdav.CalendarUserAddressSet.tag)}
    if f"mailto:{owner_email.lower()}" not in known:
        return False
    answer = session.send("OPTIONS", calendar.url)
    offers = {offer.strip().lower() for offer in answer.headers.get("dav", "").split(",")}
    return answer.status < 300 and _AUTO_SCHEDULE in offers


def _primary(session: Session, principal: _Place | None, calendars: list[_Place], writable: list[bool]) -> int:
    """Where the server puts invitations, or else the first calendar that can be written."""
    first = writable.index(True) if True in writable else 0
    inbox = principal.link(cdav.ScheduleInboxURL.tag) if principal else None
    if inbox is None or len(calendars) == 1:
        return first
    answer = session.send("PROPFIND", inbox, body=bodies.propfind([ScheduleDefaultCalendarUrl]), headers={"Depth": "0"})
    if answer.status != 207:
        return first
    for resource in multistatus.read(answer.body, session.host).resources:
        for href in resource.hrefs(str(ScheduleDefaultCalendarUrl.tag)):
            default = hrefs.path(href, answer.url)
            for index, calendar in enumerate(calendars):
                if hrefs.same_path(urlsplit(calendar.url).path, default) and writable[index]:
                    return index
    return first


def _name(calendar: _Place) -> str:
    given = calendar.resource.text(dav.DisplayName.tag)
    name = given or unquote(urlsplit(calendar.url).path.rstrip("/").rpartition("/")[2]) or "Calendar"
    return "".join(character for character in name if character.isprintable())[:_LONGEST_NAME]
