"""Rewrites our event as it stands in somebody's calendar, and only what is ours of it.

The owner may have added an alarm, a colour, a note, another title. So the resource is edited line by line, as
bytes: what is not about the meeting's time is handed back exactly as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from integrations.ical.budget import Budget
from integrations.ical.lines import Component, read_components
from integrations.ical.observances import vtimezone
from integrations.ical.vtimezones import rule_zone
from integrations.ical.writing import MEETING_PROPERTY, vevent, zone_name
from integrations.ical.zones import iana_zone
from service.domain.errors import BadCalendar
from service.ports.calendar import EventDraft

_OURS = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "DTSTART", "DTEND", "STATUS", MEETING_PROPERTY)
_REWRITTEN = frozenset({*_OURS, "DURATION"})
_PHYSICAL = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_NAME = re.compile(rb"\s*([A-Za-z0-9-]+)[ \t]*(?=[;:])")


@dataclass(slots=True)
class _Logical:
    """One property with its folds and line ends, as bytes; ``value`` is what stands behind BEGIN and END."""

    raw: bytes
    name: str
    value: str


def merge_into(existing: bytes, draft: EventDraft) -> bytes:
    """``existing`` with the draft's time, SEQUENCE (never lowered), DTSTAMP, LAST-MODIFIED, STATUS and
    meeting id; all else byte for byte as it was. Raises ``BadCalendar`` when it is no calendar or does not
    hold the draft's UID."""
    children = [child for root in read_components(existing) for child in root.children]
    event = next((child for child in children if _is_ours(child, draft.uid)), None)
    if event is None:
        raise BadCalendar(f"This calendar resource holds no event {draft.uid[:120]!r}.")
    draft = replace(draft, sequence=max(draft.sequence, _sequence(event)))
    zone = zone_name(draft.zone)
    zones = [child for child in children if child.name == "VTIMEZONE" and child.value("TZID") == zone]
    fresh = None if zone == "UTC" or (zones and _right(zones[0], draft, zone)) else zone
    ours = [line.raw for line in _logical(vevent(draft).to_ical()) if line.name in _OURS]
    out: list[bytes] = []
    for block in _blocks(existing):
        kind = block[0].value.upper() if block[0].name == "BEGIN" and len(block) > 1 else ""
        if kind == "VEVENT" and fresh is not None:
            out.append(vtimezone(fresh, draft.span.start, draft.span.end).to_ical())
            fresh = None
        if kind == "VTIMEZONE" and fresh is not None and _value(block, "TZID") == zone:
            continue
        if kind == "VEVENT" and _value(block, "UID") == draft.uid and _value(block, "RECURRENCE-ID") is None:
            out.extend(_rewritten(block, ours))
        else:
            out.extend(line.raw for line in block)
    return b"".join(out)


def _is_ours(component: Component, uid: str) -> bool:
    named = component.name == "VEVENT" and component.value("UID") == uid
    return named and component.one("RECURRENCE-ID") is None


def _sequence(event: Component) -> int:
    try:
        return int(event.value("SEQUENCE") or "0")
    except ValueError:
        return 0


def _right(component: Component, draft: EventDraft, zone: str) -> bool:
    """Whether a VTIMEZONE that is there already tells the draft's times as the zone itself does."""
    ends = (draft.span.start, draft.span.end)
    try:
        clock = rule_zone(component, draft.span.end, Budget())
    except (ValueError, OverflowError, BadCalendar):
        return False
    return all(clock.to_local(at) == iana_zone(zone).to_local(at) for at in ends)


def _logical(data: bytes) -> Iterator[_Logical]:
    """The lines of an iCalendar stream, each with its continuation lines."""
    held = b""
    for raw in _PHYSICAL.findall(data):
        if held and raw[:1] not in {b" ", b"\t"}:
            yield _line(held)
            held = b""
        held += raw
    if held:
        yield _line(held)


def _line(raw: bytes) -> _Logical:
    match = _NAME.match(raw.removeprefix(b"\xef\xbb\xbf"))
    if match is None:
        return _Logical(raw, "", "")
    whole = re.sub(rb"(?:\r\n|\r|\n)[ \t]", b"", raw)
    return _Logical(raw, match[1].decode().upper(), whole.partition(b":")[2].decode("utf-8", "replace").strip())


def _blocks(data: bytes) -> Iterator[list[_Logical]]:
    """Each component inside the calendar as one block, each line of the calendar itself as a block of one."""
    depth = 0
    block: list[_Logical] = []
    for line in _logical(data):
        depth += line.name == "BEGIN"
        block.append(line)
        depth -= line.name == "END"
        if depth <= 1:
            yield block
            block = []
    if block:
        yield block


def _own_lines(block: Sequence[_Logical]) -> Iterator[tuple[int, _Logical]]:
    """The lines of a block's own component, not of what is inside it (an alarm has a DURATION too)."""
    depth = 0
    for at, line in enumerate(block):
        if depth == 1 and line.name not in {"BEGIN", "END"}:
            yield at, line
        depth += (line.name == "BEGIN") - (line.name == "END")


def _value(block: Sequence[_Logical], name: str) -> str | None:
    return next((line.value for _, line in _own_lines(block) if line.name == name), None)


def _rewritten(block: Sequence[_Logical], ours: Sequence[bytes]) -> Iterator[bytes]:
    gone = {at for at, line in _own_lines(block) if line.name in _REWRITTEN}
    for at, line in enumerate(block):
        if at not in gone:
            yield line.raw
        if at == 0:
            yield from ours
