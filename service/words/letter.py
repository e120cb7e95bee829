"""A mail's layout: a greeting, sections with buttons, a foot; as plain text, and as HTML that a phone shows well, light or
dark, with nothing loaded from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from service.words import _, spoken

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that can be done with one tap: what the button says, and the link behind it (a page that asks once more).
    ``heading`` and ``details`` stand above the button where it is one of several things to choose from. ``quiet``: an
    answer that nobody needs to be drawn to."""

    label: str
    url: str
    details: tuple[str, ...] = ()
    quiet: bool = False
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """One matter. ``after``: lines below the buttons. ``subject``: the mail's own when nothing else is in it; left out, the
    title is. Where the one thing in a mail is a date, ``date`` is that (it is shown large) and the title stands above it."""

    title: str
    lines: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    subject: str | None = None
    after: tuple[str, ...] = ()
    date: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole mail. ``foot``: small lines at its end; ``links``: (what it says, address) after them."""

    subject: str
    greeting: str
    opening: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    foot: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    @property
    def language(self) -> str:
        """What the letter is written in."""
        return spoken()

    @property
    def preview(self) -> str:
        """What a list of mails shows beside the subject."""
        first = self.sections[0] if self.sections else None
        said = (*first.date, *first.lines) if first else self.opening
        return " ".join(said)[:140]


def plain(letter: Letter) -> str:
    """The letter as text: one paragraph a thought, each link on a line of its own."""
    parts = [letter.greeting, *letter.opening]
    for section in letter.sections:
        parts.append(f"{section.title}\n{'-' * min(len(section.title), 60)}")
        parts.append("\n".join(section.date))
        parts += section.lines
        parts += [_offered(action) for action in section.actions]
        parts += section.after
    parts += letter.foot
    parts += ["\n".join((f"{label}:", url)) for label, url in letter.links]
    parts.append("Holdfast")
    return "\n\n".join(part for part in parts if part) + "\n"


def _offered(action: Action) -> str:
    lines = (action.heading or "", *action.details, f"{action.label}:", action.url)
    return "\n".join(line for line in lines if line)


def html(letter: Letter) -> str:
    """The letter as HTML."""
    return _template().render(letter=letter, motto=_("Meetings that hold."))


@lru_cache(maxsize=1)
def _template() -> Template:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template("letter.html")
