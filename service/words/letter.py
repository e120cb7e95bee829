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
    """One thing that can be done with one tap: what the button says, the link behind it (a page that asks once more), and
    what stands beside it. ``quiet``: an answer that nobody needs to be drawn to."""

    label: str
    url: str
    details: tuple[str, ...] = ()
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One matter. ``subject``: the mail's own when nothing else is in it; left out, the title is."""

    title: str
    lines: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    subject: str | None = None


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


def plain(letter: Letter) -> str:
    """The letter as text."""
    parts = [letter.greeting, *letter.opening]
    for section in letter.sections:
        parts.append("\n".join([section.title, "-" * min(len(section.title), 60)]))
        parts += section.lines
        for action in section.actions:
            parts.append("\n".join([action.label, *action.details, action.url]))
    parts += letter.foot
    if letter.links:
        parts.append("\n".join(f"{label}: {url}" for label, url in letter.links))
    parts.append(_("Holdfast"))
    return "\n\n".join(part for part in parts if part) + "\n"


def html(letter: Letter) -> str:
    """The letter as HTML."""
    return _template().render(letter=letter, closing=_("Holdfast"))


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
