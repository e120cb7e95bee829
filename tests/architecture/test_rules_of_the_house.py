"""Rules that no linter knows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CODE = sorted(path for part in ("service", "integrations") for path in (ROOT / part).rglob("*.py"))


def sources(*parts: str) -> list[Path]:
    return [path for path in CODE if not parts or path.relative_to(ROOT).as_posix().startswith(parts)]


def test_files_are_small() -> None:
    long = {p.name: n for p in sources() if (n := len(p.read_text().splitlines())) > 420 and "migrations" not in str(p)}
    assert long == {}


def test_only_claims_writes_claims() -> None:
    writers = [p.name for p in sources("service/") if re.search(r"\bClaim\(", p.read_text())]
    assert sorted(writers) == ["claims.py", "tables.py"]


def test_only_the_clock_asks_what_time_it_is() -> None:
    asking = re.compile(r"\btime\.time\(|datetime\.(now|utcnow|today)\(|date\.today\(")
    # The job engine lives on the machine's clock; the database function stands in for one that old SQLite lacks.
    allowed = {"clock.py", "durable.py", "engine.py"}
    found = {p.name for p in sources() if asking.search(p.read_text())} - allowed
    assert found <= {"checks.py", "demo.py", "doctor.py", "machine.py", "propose.py", "wiring_files.py"}, found


def test_every_public_function_and_class_has_a_docstring() -> None:
    missing = []
    for path in sources():
        if "migrations" in path.parts:
            continue
        tree = ast.parse(path.read_text())
        if path.stat().st_size and not ast.get_docstring(tree):
            missing.append(f"{path.relative_to(ROOT)}: module")
        for node in ast.iter_child_nodes(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if not node.name.startswith("_") and not ast.get_docstring(node):
                missing.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert missing == []


def test_no_session_is_open_across_a_call_to_the_outside() -> None:
    """In a use case no adapter, mailer or sender is called inside a ``with house.writing()`` or ``reading()`` block."""
    outside = re.compile(r"\b(adapter\.(sync|create|update|cancel|connect)|with_account|mailer\.send|webhooks\.send)\(")
    wrong = []
    for path in sources("service/app/"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.With) or not any("house." in ast.unparse(i.context_expr) for i in node.items):
                continue
            if any(outside.search(ast.unparse(line)) for line in node.body):
                wrong.append(f"{path.name}:{node.lineno}")
    assert wrong == []


def test_nothing_in_the_project_loads_from_other_hosts() -> None:
    pages = [p for p in (ROOT / "service/web").rglob("*") if p.suffix in {".html", ".css", ".js"}]
    wrong = [p.name for p in pages if re.search(r"(src|href|url\()\s*=?\s*[\"'(]?https?://", p.read_text())]
    assert wrong == []
