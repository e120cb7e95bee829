"""What is the same for every command: help, exit codes, errors in one line, quick to start."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_hand import Hand
from sqlalchemy.exc import OperationalError

from docs.generate_commands import EXAMPLES, PAGE, commands_page, helps
from service import cli
from service.domain.errors import BadInput, Refused

DOCTOR = importlib.import_module("service.cli.doctor")  # the package has a function of that name
COMMANDS = [[name] for name in cli.COMMANDS] + [["keys"], ["keys", "create"], ["keys", "list"], ["keys", "revoke"]]


@pytest.mark.parametrize("command", [[], *COMMANDS], ids=" ".join)
def test_help_is_everywhere(holdfast: Hand, command: list[str]) -> None:
    ran = holdfast(*command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(" ".join(["Usage: holdfast", *command]))
    assert "--help" in ran.out


def test_without_a_word_it_shows_the_help(holdfast: Hand) -> None:
    assert holdfast().out == holdfast("--help").out
    assert all(name in holdfast("--help").out for name in cli.COMMANDS)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["prpose"], ["prpose", "`holdfast --help`"]),
        (["--nonsense"], ["--nonsense", "`holdfast --help`"]),
        (["propose"], ["MENTOR.ics", "`holdfast propose --help`"]),
        (["propose", "a.ics"], ["MENTEE.ics"]),
        (["propose", "a.ics", "b.ics", "c.ics"], ["c.ics"]),
        (["propose", "a.ics", "b.ics", "--limit", "five"], ["--limit", "integer"]),
        (["propose", "a.ics", "b.ics", "--minutes"], ["--minutes"]),
        (["doctor", "now"], ["now", "`holdfast doctor --help`"]),
        (["serve", "--port", "70000"], ["--port", "65535"]),
        (["keys"], ["command", "`holdfast keys --help`"]),
        (["keys", "mint"], ["mint", "`holdfast keys --help`"]),
        (["keys", "create"], ["--name"]),
        (["worker", "--fast"], ["--fast"]),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_2(holdfast: Hand, command: list[str], words: list[str]) -> None:
    holdfast(*command).refused(*words)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (BadInput("this\nwill not do"), 2, "holdfast: this will not do\n"),
        (Refused("The host says no."), 1, "holdfast: The host says no.\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=["bad input", "failure", "stopped"],
)
def test_what_a_command_raises(
    holdfast: Hand, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, words: str
) -> None:
    monkeypatch.setattr(DOCTOR, "examine_all", _raising(error))
    ran = holdfast("doctor")
    assert (ran.code, ran.out, ran.err) == (code, "", words)


def test_the_unforeseen_is_one_line_without_secrets(holdfast: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DOCTOR, "examine_all", _raising(ZeroDivisionError("at https://ada:hunter2@host/\nand more")))
    ran = holdfast("doctor")
    ran.refused("ZeroDivisionError", "report it", code=1)
    assert "hunter2" not in ran.err and "and more" not in ran.err


def test_a_database_that_fails_is_one_line_without_sql(holdfast: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    error = OperationalError("SELECT secret FROM x WHERE y = 'private'", {}, Exception("disk full\nmore"))
    monkeypatch.setattr(DOCTOR, "examine_all", _raising(error))
    ran = holdfast("doctor")
    ran.refused("disk full", "holdfast doctor", code=1)
    assert "SELECT" not in ran.err


def test_the_version_is_told(holdfast: Hand) -> None:
    ran = holdfast("--version")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"holdfast \d+\.\d+\.\d+\S*\n", ran.out)


def test_help_loads_none_of_what_is_slow() -> None:
    code = (
        "import sys; from service.cli import run; run(['--help']);"
        "slow = {'numpy', 'sqlalchemy', 'pydantic', 'fastapi', 'dbos', 'httpx2', 'icalendar', 'rich', 'alembic'};"
        "sys.exit(', '.join(sorted(slow & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_proposing_loads_neither_database_nor_server(tmp_path: Path) -> None:
    data = Path(__file__).parent.parent / "integrations" / "ical" / "data"
    code = (
        "import sys; from service.cli import run;"
        f"code = run(['propose', r'{data / 'google.ics'}', r'{data / 'apple.ics'}', '--from', '2026-03-23']);"
        "slow = {'sqlalchemy', 'fastapi', 'dbos', 'alembic', 'uvicorn'};"
        "sys.exit(code or ', '.join(sorted(slow & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_page_is_what_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == commands_page(), "run python -m docs.generate_commands"


def test_every_command_has_an_example_that_it_would_take(holdfast: Hand) -> None:
    assert set(EXAMPLES) == set(helps()) == {" ".join(it) for it in COMMANDS} - {"keys"}
    for name, example in EXAMPLES.items():
        _, _, typed = example.partition("holdfast " + name)
        told = holdfast(*name.split(), "--help").out
        assert all(option in told for option in re.findall(r"--[a-z-]+", typed)), example


def _raising(error: BaseException):
    def raiser(*_: object) -> None:
        raise error

    return raiser
