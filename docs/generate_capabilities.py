"""Writes the table of what each calendar adapter can do into docs/calendars.md, from the adapters' own words.

`python -m docs.generate_capabilities`; a test fails where the page is not up to date."""

from __future__ import annotations

from pathlib import Path

from integrations.caldav import CalDavCalendar
from integrations.google import GoogleCalendar
from integrations.ics import IcsCalendar
from integrations.local import LocalCalendar
from integrations.microsoft import MicrosoftCalendar

PAGE = Path(__file__).parent / "calendars.md"
BEGIN = "<!-- capabilities: made by `python -m docs.generate_capabilities`, checked by a test -->"
END = "<!-- /capabilities -->"
ADAPTERS = (GoogleCalendar, MicrosoftCalendar, CalDavCalendar, IcsCalendar, LocalCalendar)
SOME_INVITE = {"caldav": "where the server does", "google": "where it is written", "microsoft": "where it is written"}


def table() -> str:
    """The table in Markdown."""
    lines = [
        "| provider | reads | writes | invites by itself | push | reads only what changed | finds several calendars |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for adapter in ADAPTERS:
        can = adapter.capabilities
        marks = ["yes" if it else "no" for it in (can.writes, can.invites, can.push, can.incremental, can.discovers)]
        if can.name in SOME_INVITE:
            marks[1] = SOME_INVITE[can.name]
        lines.append(f"| `{can.name}` | {can.reads.replace('_', '/')} | " + " | ".join(marks) + " |")
    return "\n".join(lines)


def page() -> str:
    """The whole page with the table in its place."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page())
