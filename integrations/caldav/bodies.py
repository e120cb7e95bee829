"""The XML that we send: one function for each kind of question."""

from __future__ import annotations

from collections.abc import Iterable

from caldav.elements import cdav, dav
from caldav.elements.base import BaseElement
from caldav.lib.namespace import ns
from lxml import etree  # type: ignore[import-untyped]


class ScheduleDefaultCalendarUrl(BaseElement):
    """Where invitations land (RFC 6638, 9.2); the library has no class for it."""

    tag = ns("C", "schedule-default-calendar-URL")


Property = type[BaseElement]


def propfind(properties: Iterable[Property]) -> bytes:
    """PROPFIND for some properties."""
    return _document(_tree(dav.Propfind(), _tree(dav.Prop(), *(kind() for kind in properties))))


def sync_collection(token: str | None) -> bytes:
    """What changed since ``token`` (RFC 6578); ``None`` asks for everything.

    No DAV:limit: Xandikos cuts the answer at the limit and yet hands out the newest token, so changes would
    be lost."""
    since, level = dav.SyncToken(value=token or ""), dav.SyncLevel(value="1")
    return _document(_tree(dav.SyncCollection(), since, level, _tree(dav.Prop(), dav.GetEtag())))


def multiget(paths: Iterable[str]) -> bytes:
    """The named resources, with their ETags."""
    wanted = (dav.Href(value=path) for path in paths)
    return _document(_tree(cdav.CalendarMultiGet(), _with_data(), *wanted))


def uid_query(uid: str) -> bytes:
    """The resource that holds this UID, whatever it is called."""
    has_uid = _tree(cdav.PropFilter("UID"), cdav.TextMatch(uid, collation="i;octet"))
    event = _tree(cdav.CompFilter("VCALENDAR"), _tree(cdav.CompFilter("VEVENT"), has_uid))
    return _document(_tree(cdav.CalendarQuery(), _with_data(), _tree(cdav.Filter(), event)))


def _with_data() -> BaseElement:
    return _tree(dav.Prop(), dav.GetEtag(), cdav.CalendarData())


def _tree(parent: BaseElement, *children: BaseElement) -> BaseElement:
    return parent.append(children)


def _document(root: BaseElement) -> bytes:
    return bytes(etree.tostring(root.xmlelement(), encoding="utf-8", xml_declaration=True))
