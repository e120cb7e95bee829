"""A gettext catalogue read from its ``.po`` file as it stands, so that nothing has to be compiled and a translation is a
text that two people can work on. The files are written by ``python -m docs.generate_words``."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from gettext import NullTranslations, c2py
from pathlib import Path

_CONTEXT = "\x04"
_LINE = re.compile(r'(msgctxt|msgid|msgid_plural|msgstr|msgstr\[(\d+)\])?\s*("(?:[^"\\]|\\.)*")')
_PLURALS = re.compile(r"plural=([^;]+);")


class Catalogue(NullTranslations):
    """What is said in one language; what is missing comes in English."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._said: dict[str, dict[int, str]] = {}
        self._form: Callable[[int], int] = lambda number: int(number != 1)
        for entry in re.split(r"\n\s*\n", text):
            self._take(entry)

    def gettext(self, message: str) -> str:
        """See the library."""
        return self._said.get(message, {}).get(0) or message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """See the library."""
        return self._said.get(msgid1, {}).get(self._form(n)) or super().ngettext(msgid1, msgid2, n)

    def pgettext(self, context: str, message: str) -> str:
        """See the library."""
        return self._said.get(context + _CONTEXT + message, {}).get(0) or message

    def _take(self, entry: str) -> None:
        parts: dict[str, str] = {}
        last = ""
        for line in entry.splitlines():
            found = _LINE.fullmatch(line.strip())
            if found is None:  # a comment, or what is no longer said
                continue
            last = found[1] or last
            parts[last] = parts.get(last, "") + ast.literal_eval(found[3])
        if "msgid" not in parts or ", fuzzy" in entry:
            return
        if not parts["msgid"]:
            rule = _PLURALS.search(parts.get("msgstr", "").replace("\n", ";"))
            if rule:
                self._form = c2py(rule[1].strip())
            return
        key = parts.get("msgctxt", "") + (_CONTEXT if "msgctxt" in parts else "") + parts["msgid"]
        forms = {0: parts["msgstr"]} if "msgstr" in parts else {}
        forms |= {int(name[7:-1]): said for name, said in parts.items() if name.startswith("msgstr[")}
        self._said[key] = forms


def read(path: Path) -> Catalogue:
    """The catalogue in a file."""
    return Catalogue(path.read_text(encoding="utf-8"))
