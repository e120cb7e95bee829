"""Collects what Holdfast says: ``python -m docs.generate_words`` from the top folder.

Writes service/words/locale/holdfast.pot and brings every catalogue beside it up to date: new texts come in untranslated, what
is no longer said goes out. A catalogue of a new language begins as an empty file of its name (``fr.po``)."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "service" / "words" / "locale"
TEMPLATE = LOCALE / "holdfast.pot"
METHODS = [("**/templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
KEYWORDS = {"_": None, "later": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2)}


def collected() -> Catalog:
    """Every text that is marked, in order, without saying where: a line that moves changes nothing."""
    catalog = Catalog(project="Holdfast", charset="utf-8")
    found = extract_from_dir(
        ROOT / "service",
        METHODS,
        keywords=KEYWORDS,
        options_map={"**.html": {"silent": "false"}},
        strip_comment_tags=True,
    )
    for _file, _line, message, _comments, context in sorted(found, key=lambda one: str(one[2])):
        catalog.add(message, context=context)
    return catalog


def as_text(catalog: Catalog) -> str:
    """A catalogue as its file reads, without the dates of tools."""
    out = io.BytesIO()
    write_po(out, catalog, width=0, omit_header=True, no_location=True, sort_output=True)
    return out.getvalue().decode()


def header(catalog: Catalog) -> str:
    """What a reader of the file needs to know."""
    return (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalog.locale_identifier}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )


def brought_up_to_date(path: Path, collection: Catalog) -> str:
    """A language's file with what is said now."""
    with path.open("rb") as file:
        catalog = read_po(file, locale=path.stem)
    catalog.update(collection, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return header(catalog) + as_text(catalog)


if __name__ == "__main__":
    everything = collected()
    TEMPLATE.write_text(as_text(everything), encoding="utf-8")
    for language in sorted(LOCALE.glob("*.po")):
        language.write_text(brought_up_to_date(language, everything), encoding="utf-8")
