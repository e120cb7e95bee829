"""From bytes to components: only the lines that say when, never the ones that say what.

Titles, descriptions, places and comments are dropped here, before anything else sees them. Tolerant of how
calendars are written (line ends, byte-order marks, odd bytes, lower case, colons inside zone names), strict
about what they are: what is cut short or not a calendar at all is refused, because an unreadable event must
not look like free time.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from service.domain.errors import BadCalendar

MAX_BYTES = 10_000_000
MAX_COMPONENTS = 50_000

TIMES = frozenset({"DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID", "FREEBUSY"})
PEOPLE = frozenset({"ATTENDEE", "ORGANIZER"})
KEPT = (
    TIMES
    | PEOPLE
    | {
        "UID",
        "DTSTAMP",
        "DURATION",
        "RRULE",
        "EXRULE",
        "SEQUENCE",
        "STATUS",
        "TRANSP",
        "X-MICROSOFT-CDO-BUSYSTATUS",
        "X-MICROSOFT-CDO-INTENDEDSTATUS",
        "METHOD",
        "TZID",
        "TZOFFSETFROM",
        "TZOFFSETTO",
        "X-LIC-LOCATION",
    }
)

_FOLD = re.compile(r"(?:\r\n|\r|\n)[ \t]")
_BREAK = re.compile(r"[\r\n]+")
_NAME = re.compile(r"\s*([A-Za-z0-9-]+)[ \t]*(?=[;:])")
_HEAD = re.compile(r'((?:[^":]|"[^"]*")*):')  # up to the first colon outside of quotes
_PARAMETER = re.compile(r";\s*([^=;]+?)\s*=\s*(\"[^\"]*\"|[^;]*)")


@dataclass(frozen=True, slots=True)
class Line:
    """One property: ``name`` and parameter names in upper case, ``value`` as it was written."""

    name: str
    params: dict[str, str]
    value: str


@dataclass(slots=True)
class Component:
    """One component with the lines that are kept, in their order."""

    name: str
    lines: list[Line] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        """Every line of that name."""
        return [line for line in self.lines if line.name == name]

    def one(self, name: str) -> Line | None:
        """The line of that name. Raises ``ValueError`` when there are two that differ."""
        found: Line | None = None
        for line in self.lines:
            if line.name == name:
                if found is not None and found != line:
                    raise ValueError(f"has two different {name} lines")
                found = line
        return found

    def value(self, name: str) -> str | None:
        """The stripped value of the one line of that name."""
        line = self.one(name)
        return None if line is None else line.value.strip()


def read_components(data: bytes) -> list[Component]:
    """The VCALENDAR objects in ``data``. Raises ``BadCalendar`` with a sentence for the person."""
    if len(data) > MAX_BYTES:
        raise BadCalendar(f"This calendar is larger than {MAX_BYTES // 1_000_000} MB.")
    text = _decode(data)
    if not text.strip():
        raise BadCalendar("This calendar is empty: there is not even a BEGIN:VCALENDAR line.")
    roots: list[Component] = []
    stack: list[Component] = []
    count = 0
    for raw in _BREAK.split(_FOLD.sub("", text)):
        match = _NAME.match(raw)
        if match is None:
            if not roots and not stack and raw.strip():
                raise _not_a_calendar(text)
            continue  # a torn text line: it says nothing about time
        name = match[1].upper()
        if name == "BEGIN":
            count += 1
            if count > MAX_COMPONENTS:
                raise BadCalendar(f"This calendar has more than {MAX_COMPONENTS:,} components.")
            _begin(raw[match.end() + 1 :].strip().upper(), roots, stack, text)
        elif name == "END":
            _end(raw[match.end() + 1 :].strip().upper(), stack)
        elif not stack:
            if not roots:
                raise _not_a_calendar(text)
        elif name in KEPT:
            stack[-1].lines.append(_line(name, raw, match.end()))
    if stack:
        raise BadCalendar(f"This calendar is cut short: BEGIN:{stack[-1].name[:40]} has no END.")
    return roots


def _begin(name: str, roots: list[Component], stack: list[Component], text: str) -> None:
    component = Component(name)
    if not stack:
        if name != "VCALENDAR":
            raise _not_a_calendar(text)
        roots.append(component)
    else:
        # A VEVENT inside a VEVENT is a lost END: reading on would hide one of the two.
        if name in {"VEVENT", "VFREEBUSY", "VTIMEZONE", "VCALENDAR"} and len(stack) > 1:
            raise BadCalendar(f"This calendar is damaged: BEGIN:{name} inside of {stack[-1].name[:40]}.")
        stack[-1].children.append(component)
    stack.append(component)


def _end(name: str, stack: list[Component]) -> None:
    if not stack or stack[-1].name != name:
        where = f"BEGIN:{stack[-1].name[:40]} is still open" if stack else "nothing is open"
        raise BadCalendar(f"This calendar is damaged: END:{name[:40]} came while {where}.")
    stack.pop()


def _line(name: str, raw: str, at: int) -> Line:
    """Splits one line. Times are split at the LAST colon: zone names such as ``tzone://Microsoft/Utc`` or
    ``(UTC+01:00) Amsterdam`` come unquoted, and no time has a colon in it."""
    if raw[at] == ":":
        return Line(name, {}, raw[at + 1 :])
    if name in TIMES:
        head, _, value = raw[at:].rpartition(":")
        found = {key.upper(): text.strip('"') for key, text in _PARAMETER.findall(head)}
        return Line(name, found, value)
    split = _HEAD.match(raw, at)
    if split is not None:
        found = {key.upper(): text.strip('"') for key, text in _PARAMETER.findall(split[1])}
        return Line(name, found, raw[split.end() :])
    if name in PEOPLE:  # a torn address: whoever it was, the time stays taken
        return Line(name, {}, "")
    raise BadCalendar(f"This calendar has a {name} line that cannot be read.")


def _decode(data: bytes) -> str:
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if data.startswith(mark):
            return data.decode("utf-16", "replace").lstrip("\ufeff")
    return data.decode("utf-8", "replace").lstrip("\ufeff")


def _not_a_calendar(text: str) -> BadCalendar:
    if re.match(r"\s*<", text):
        return BadCalendar("This is a web page, not a calendar: use the address that ends in .ics or is called iCal.")
    return BadCalendar("This is not an iCalendar file: it does not begin with BEGIN:VCALENDAR.")
