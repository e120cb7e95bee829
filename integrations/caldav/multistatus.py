"""Reading a server's XML, which nobody vouches for: no entities, no DTD, no network, bounded depth and
size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from caldav.elements import cdav, dav
from lxml import etree  # type: ignore[import-untyped]

from service.domain.errors import BadCalendar

_Element = Any  # lxml has no types of its own


@dataclass(frozen=True, slots=True)
class Resource:
    """One ``response`` of a multistatus. ``status`` is the resource's own, ``None`` where it is told by
    property; ``properties`` are those that were found (element name in Clark notation to element)."""

    href: str
    status: int | None
    properties: Mapping[str, _Element]

    def text(self, name: str) -> str | None:
        """A property's text, ``None`` where it is missing or empty."""
        element = self.properties.get(name)
        return (element.text or "").strip() or None if element is not None else None

    def hrefs(self, name: str) -> list[str]:
        """The addresses inside a property."""
        element = self.properties.get(name)
        found = element.iterfind(dav.Href.tag) if element is not None else ()
        return [text for href in found if (text := (href.text or "").strip())]

    def kinds(self, name: str) -> set[str] | None:
        """The innermost element names of a property (resource types, privileges); ``None`` where it is
        missing."""
        element = self.properties.get(name)
        if element is None:
            return None
        return {leaf.tag for leaf in element.iterdescendants() if len(leaf) == 0}

    @property
    def etag(self) -> str | None:
        """Its version."""
        return self.text(dav.GetEtag.tag)

    @property
    def calendar_data(self) -> bytes | None:
        """Its iCalendar text in UTF-8."""
        element = self.properties.get(cdav.CalendarData.tag)
        return element.text.encode() if element is not None and element.text else None

    @property
    def holds_events(self) -> bool:
        """Whether a calendar takes VEVENTs; one that does not say takes everything (RFC 4791, 5.2.3)."""
        element = self.properties.get(cdav.SupportedCalendarComponentSet.tag)
        if element is None:
            return True
        names = {(part.get("name") or "").upper() for part in element.iterfind(cdav.Comp.tag)}
        return not names or "VEVENT" in names


@dataclass(frozen=True, slots=True)
class MultiStatus:
    """An answer about many resources; ``sync_token`` only from sync-collection."""

    resources: tuple[Resource, ...]
    sync_token: str | None


def read(body: bytes, host: str) -> MultiStatus:
    """Reads a multistatus. Raises ``BadCalendar`` for anything else."""
    root = _parse(body)
    if root is None or root.tag != dav.MultiStatus.tag:
        raise BadCalendar(f"{host} does not answer as a CalDAV server would.")
    token = root.find(dav.SyncToken.tag)
    return MultiStatus(
        resources=tuple(_resources(root)),
        sync_token=(token.text or "").strip() or None if token is not None else None,
    )


def names_condition(body: bytes, condition: str) -> bool:
    """Whether an error answer names this precondition (an element name in Clark notation)."""
    root = _parse(body)
    return root is not None and any(element.tag == condition for element in root.iter())


def _parse(body: bytes) -> _Element | None:
    # A parser each time: lxml's are not meant to be shared between threads.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    # No WebDAV answer has a document type; whoever sends one wants the parser to do something.
    return None if root.getroottree().docinfo.doctype else root


def _resources(root: _Element) -> Iterator[Resource]:
    for response in root.iterfind(dav.Response.tag):
        properties: dict[str, _Element] = {}
        for part in response.iterfind(dav.PropStat.tag):
            if _status(part) in {None, 200}:
                properties |= {element.tag: element for prop in part.iterfind(dav.Prop.tag) for element in prop}
        status = _status(response)
        # One status may speak for several hrefs at once (RFC 4918, 14.24).
        for href in response.iterfind(dav.Href.tag):
            if text := (href.text or "").strip():
                yield Resource(text, status, properties)


def _status(element: _Element) -> int | None:
    """``HTTP/1.1 404 Not Found`` -> 404."""
    found = element.find(dav.Status.tag)
    words = (found.text or "").split() if found is not None else []
    return int(words[1]) if len(words) > 1 and words[1].isascii() and words[1].isdigit() else None
