"""Partial responses: ``fields=kind,items(id,start/dateTime)``."""

from __future__ import annotations

from typing import Any

from tests.emulators.google.problems import Problem

Selection = dict[str, Any]


def parse(text: str) -> Selection:
    """The selection as nested names. Raises ``Problem`` 400 for what is none."""
    found, rest = _list(text)
    if rest:
        raise _bad(text)
    return found


def select(value: Any, selection: Selection) -> Any:
    """``value`` with nothing but what was selected."""
    if isinstance(value, list):
        return [select(one, selection) for one in value]
    if not isinstance(value, dict) or not selection or "*" in selection:
        return value
    return {name: select(inner, selection[name]) for name, inner in value.items() if name in selection}


def _list(text: str) -> tuple[Selection, str]:
    found: Selection = {}
    while True:
        name, text = _name(text)
        inner: Selection = {}
        here = inner
        while text.startswith("/"):
            deeper, text = _name(text[1:])
            here[deeper] = {}
            here = here[deeper]
        if text.startswith("("):
            nested, text = _list(text[1:])
            if not text.startswith(")"):
                raise _bad(text)
            here.update(nested)
            text = text[1:]
        found[name] = inner
        if not text.startswith(","):
            return found, text
        text = text[1:]


def _name(text: str) -> tuple[str, str]:
    end = next((at for at, char in enumerate(text) if char in ",()/"), len(text))
    if not text[:end]:
        raise _bad(text)
    return text[:end], text[end:]


def _bad(text: str) -> Problem:
    return Problem(400, "invalidParameter", f"Invalid field selection {text}", location="fields")
