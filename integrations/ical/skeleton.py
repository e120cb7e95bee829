"""The skeleton: what must be kept of an event so that its times can be worked out again, and nothing else.

No title, no description, no place, no other people: what is not stored cannot leak."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.ical.events import address
from integrations.ical.lines import PEOPLE, Component, Line

_PARAMETERS = {"TZID", "VALUE", "RANGE", "FBTYPE", "PARTSTAT"}
_ROOT = {"METHOD"}


def skeleton(components: Iterable[Component], zones: Iterable[Component], method: str | None, owner: str | None) -> str:
    """iCalendar text of one UID's components and the VTIMEZONEs they need. Of the people only the owner's own
    line is kept, because an owner who declined is free."""
    out = ["BEGIN:VCALENDAR"]
    if method is not None:
        out.append(f"METHOD:{method}")
    for zone in zones:
        out.extend(_written(zone, owner))
    for component in components:
        out.extend(_written(component, owner, nested=False))
    out.append("END:VCALENDAR")
    return "\r\n".join(out) + "\r\n"


def _written(component: Component, owner: str | None, *, nested: bool = True) -> Iterable[str]:
    yield f"BEGIN:{component.name}"
    for line in component.lines:
        if line.name in PEOPLE:
            email = address(line)
            if owner and email == owner:
                answer = line.params.get("PARTSTAT")
                yield (
                    f"{line.name};PARTSTAT={_safe(answer)}:mailto:{email}" if answer else f"{line.name}:mailto:{email}"
                )
        elif line.name not in _ROOT:
            yield _text(line)
    if nested:  # STANDARD and DAYLIGHT; never the alarms of an event
        for child in component.children:
            yield from _written(child, owner)
    yield f"END:{component.name}"


def _text(line: Line) -> str:
    params = "".join(f";{key}={_safe(value)}" for key, value in line.params.items() if key in _PARAMETERS)
    return f"{line.name}{params}:{line.value}"


def _safe(value: str) -> str:
    text = value.replace('"', "")
    return f'"{text}"' if set(text) & set(":;, ") else text
