"""What Holdfast says can be translated, and is: nothing that is said is missing from the template, nothing from German."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from docs import generate_words
from service.words import LOCALE, _, languages, ngettext, pgettext, speaking
from service.words.catalogue import Catalogue

CATALOGUES = sorted(LOCALE.glob("*.po"))
ROOT = Path(__file__).parent.parent.parent


def test_the_template_holds_everything_that_is_said() -> None:
    now = generate_words.as_text(generate_words.collected())
    assert generate_words.TEMPLATE.read_text(encoding="utf-8") == now, "run: python -m docs.generate_words"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_is_up_to_date(path: Path) -> None:
    now = generate_words.brought_up_to_date(path, generate_words.collected())
    assert path.read_text(encoding="utf-8") == now, "run: python -m docs.generate_words"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_a_catalogue_is_complete_and_its_blanks_are_the_same(path: Path) -> None:
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.stem)
    wrong = []
    for message in catalog:
        if not message.id:
            continue
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        meant = message.id if isinstance(message.id, tuple) else (message.id,)
        blanks = _blanks(meant[-1]) - {"num"}
        if not all(forms) or any(_blanks(form) - {"num"} - {"count"} != blanks - {"count"} for form in forms):
            wrong.append(message.id)
    assert wrong == []


def _blanks(text: str) -> set[str]:
    named = {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}
    return named | set(re.findall(r"%\((\w+)\)s", text))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
def test_the_house_reads_a_catalogue_as_the_library_does(path: Path) -> None:
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.stem)
    read = Catalogue(path.read_text(encoding="utf-8"))
    for message in catalog:
        if not message.id:
            continue
        if isinstance(message.id, tuple):
            assert [read.ngettext(*message.id, n) for n in (1, 2)] == list(message.string)
        elif message.context:
            assert read.pgettext(message.context, message.id) == message.string
        else:
            assert read.gettext(message.id) == message.string


def test_a_language_is_spoken_inside_and_nowhere_else() -> None:
    assert languages() == ("en", "de")
    with speaking("de"):
        assert _("Monday") == "Montag"
        assert pgettext("month", "May") == "Mai"
        assert ngettext("{count} day ahead", "{count} days ahead", 1) == "in {count} Tag"
        with speaking("tlh"):
            assert _("Monday") == "Monday"
        assert _("Monday") == "Montag"
    assert _("Monday") == "Monday"


def test_what_is_not_there_comes_in_english() -> None:
    fuzzy = Catalogue('msgid "a"\nmsgstr ""\n\n#, fuzzy\nmsgid "b"\nmsgstr "B"\n\nmsgid "c"\nmsgstr ""\n"C\\n"\n"D"\n')
    assert [fuzzy.gettext(text) for text in "abcd"] == ["a", "b", "C\nD", "d"]
    assert fuzzy.ngettext("one", "many", 2) == "many"


# What never stands in words to people: a verdict, a push, blame, shouting (docs/tone.md).
UNKIND = re.compile(
    r"\b(must|failed|failure|ignored|missed|overdue|late again|unfortunately|you did not|you have not|you forgot|"
    r"reminder|urgent|asap|last chance|deadline|no-show|fault)\b|!",
    re.IGNORECASE,
)


def test_nothing_that_is_said_blames_or_pushes() -> None:
    said = [part for message in generate_words.collected() for part in _parts(message.id)]
    assert [text for text in said if UNKIND.search(text)] == []


def _parts(identity: str | tuple[str, ...]) -> tuple[str, ...]:
    return identity if isinstance(identity, tuple) else (identity,)


def test_mails_and_one_tap_actions_say_nothing_unmarked() -> None:
    """In the rooms whose words are translated, every sentence for people passes through gettext."""
    rooms = ("service/words", "service/app/post/kinds", "service/app/act")
    unmarked = []
    sentence = re.compile(r'(?<![\w.])(title|subject|label|sentence|button|greeting)=f?"([A-Z][^"]+)"')
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            unmarked += [(path.name, found[2]) for found in sentence.finditer(path.read_text(encoding="utf-8"))]
    assert unmarked == []
