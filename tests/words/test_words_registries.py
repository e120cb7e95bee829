"""Every question that is asked has a kind, and every button a verb: a name that is misspelt would ask nobody."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from service.app.act.verbs import VERBS
from service.app.post.kinds import KINDS

ROOT = Path(__file__).parent.parent.parent / "service"


def _calls(function: str) -> Iterator[ast.Call]:
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
                yield node


def _named(function: str, position: int) -> set[str]:
    """The names that are written out where a function is called."""
    given = (call.args[position] for call in _calls(function) if len(call.args) > position)
    return {str(value.value) for value in given if isinstance(value, ast.Constant)}


def test_every_button_has_a_verb_and_every_verb_a_button() -> None:
    used = _named("action_link", 2)
    assert {"accept", "decline", "take_proposed"} <= used
    assert used <= set(VERBS)
    assert set(VERBS) <= used


def test_every_question_has_a_kind() -> None:
    asked = _named("ask", 3)
    assert {"counter", "cannot_come"} <= asked
    assert asked <= set(KINDS)
