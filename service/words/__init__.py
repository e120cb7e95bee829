"""What Holdfast says to people, in one room, so that it can be read as a whole and translated (docs/tone.md has the tone).

Words are written in English where they are used and marked with ``_`` (``ngettext`` where a number decides). Whose language
they come out in is set around the work with ``speaking(person.language)``; catalogues lie in ``locale``.

``times`` says instants on a clock, ``letter`` lays out a mail, ``invitation`` and ``news`` are what is mailed at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from service.words.catalogue import read

LOCALE = Path(__file__).parent / "locale"
DEFAULT = "en"

_spoken: ContextVar[str] = ContextVar("holdfast_language", default=DEFAULT)


@lru_cache(maxsize=1)
def languages() -> tuple[str, ...]:
    """What Holdfast speaks: English, and every language with a catalogue (``locale/de.po``)."""
    return (DEFAULT, *sorted(path.stem for path in LOCALE.glob("*.po")))


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Everything said inside is said in this language; in English where there is no such catalogue."""
    before = _spoken.set(language if language in languages() else DEFAULT)
    try:
        yield
    finally:
        _spoken.reset(before)


def spoken() -> str:
    """The language that is spoken at present."""
    return _spoken.get()


def _(text: str) -> str:
    """The text in the spoken language."""
    return _catalogue(_spoken.get()).gettext(text)


def later(text: str) -> str:
    """Marks a text that is said elsewhere (``_`` says it); gives it back as it is."""
    return text


def ngettext(one: str, many: str, number: int) -> str:
    """The form that the number takes in the spoken language."""
    return _catalogue(_spoken.get()).ngettext(one, many, number)


def pgettext(context: str, text: str) -> str:
    """The same for a text that means two things; ``context`` says which."""
    return _catalogue(_spoken.get()).pgettext(context, text)


@lru_cache(maxsize=32)
def _catalogue(language: str) -> NullTranslations:
    return NullTranslations() if language == DEFAULT else read(LOCALE / f"{language}.po")
