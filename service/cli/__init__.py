"""The `holdfast` command. One file a command; what a command needs is imported when it runs, so `--help` is quick."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from service.cli.backtest import backtest
from service.cli.demo import demo
from service.cli.doctor import doctor
from service.cli.keys import keys
from service.cli.propose import propose
from service.cli.serve import serve, worker
from service.domain.errors import BadInput, HoldfastError

app = typer.Typer(
    name="holdfast",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"holdfast {version('holdfast')}")
        raise typer.Exit


@app.callback()
def holdfast(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Meetings that hold: scheduling for two people who mean to keep meeting."""


COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo,
    "serve": serve,
    "worker": worker,
    "propose": propose,
    "backtest": backtest,
    "doctor": doctor,
}
for _name, _function in COMMANDS.items():
    app.command(_name)(_function)
app.add_typer(keys, name="keys")


def main() -> None:
    """The console script. Exit 0 well, 2 on wrong usage or bad input, 1 on failure; errors in one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a name must not end the command
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command and returns its exit code."""
    try:
        code = app(args=arguments or ["--help"], prog_name="holdfast", standalone_mode=False)
    except typer.TyperException as error:
        _say(f"{_sentence(error.format_message())} Try `{_command(arguments)} --help`.")
        return 2
    except (typer.Abort, KeyboardInterrupt):
        _say("stopped.")
        return 1
    except BadInput as error:
        _say(error.detail)
        return 2
    except HoldfastError as error:
        _say(error.detail)
        return 1
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        _say(_unexpected(error))
        return 1
    return code if isinstance(code, int) else 0


def _command(arguments: list[str]) -> str:
    """The command whose help is worth reading."""
    return " ".join(["holdfast", *(name for name in arguments[:1] if name in {*COMMANDS, "keys"})])


def _unexpected(error: Exception) -> str:
    """One line for what nobody foresaw, without secrets. The database's own words come without SQL and values."""
    from service.logs import SECRET_TEXTS

    from_database = type(error).__module__.startswith("sqlalchemy")
    reason = str((getattr(error, "orig", None) if from_database else None) or error).partition("\n")[0]
    reason = SECRET_TEXTS.sub("[secret]", reason)
    if from_database:
        return f"the database cannot be used ({reason}). `holdfast doctor` says more."
    name = type(error).__name__
    return f"something unforeseen went wrong ({name}: {reason}). PYTHONDEVMODE=1 shows where; please report it."


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else text + "."


def _say(text: str) -> None:
    sys.stderr.write("holdfast: " + " ".join(text.split()) + "\n")
