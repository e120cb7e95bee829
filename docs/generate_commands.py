"""Writes docs/commands.md: ``python -m docs.generate_commands`` from the top folder."""

from __future__ import annotations

import inspect
from pathlib import Path

import typer.main

from service.cli import app

PAGE = Path(__file__).with_name("commands.md")
EXAMPLES = {
    "demo": "holdfast demo",
    "serve": "HOLDFAST_PUBLIC_URL=https://holdfast.example.org holdfast serve --host 0.0.0.0 --port 8000",
    "worker": "HOLDFAST_DATABASE_URL=postgresql://holdfast:secret@db/holdfast holdfast worker",
    "propose": "holdfast propose ada.ics https://calendar.example.org/bob/basic.ics --minutes 45 --from 2026-09-01",
    "backtest": "holdfast backtest --history meetings.csv --predictions forecasts.csv",
    "doctor": "holdfast doctor",
    "keys create": 'holdfast keys create --name "staff portal" --scope write',
    "keys list": "holdfast keys list",
    "keys revoke": "holdfast keys revoke key_01k6bq3v9r4t8m2n5p7s0w1x3z",
}
INTRODUCTION = """# Commands

`--help` behind any command tells its options. Exit codes: 0 well, 2 wrong usage or bad input, 1 failure, 130 where a
command was stopped with Ctrl-C (0 for the demo and a worker, which end in no other way). What went wrong is one line on
stderr that says what to do; with `--json` nothing but JSON is on stdout.

<!-- Made by `python -m docs.generate_commands` from the commands' own help. Change it there. -->
"""


def helps() -> dict[str, str]:
    """Every command (``keys create``) with its help text."""
    found: dict[str, str] = {}
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        for part, inner in getattr(command, "commands", {"": command}).items():
            found[f"{name} {part}".strip()] = inspect.cleandoc(inner.help or "")
    return found


def commands_page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    parts += [
        f"## `holdfast {name}`\n\n{text}\n\n```sh\n{EXAMPLES.get(name, f'holdfast {name} --help')}\n```\n"
        for name, text in helps().items()
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(commands_page(), encoding="utf-8")
