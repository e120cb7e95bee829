"""The `holdfast` command. One file a command; what a command needs is imported when it runs, so `--help` is quick."""

from __future__ import annotations

import sys

import click
import typer

from service.cli.demo import demo
from service.cli.doctor import doctor
from service.cli.keys import keys
from service.cli.propose import propose
from service.cli.serve import serve, worker
from service.domain.errors import BadInput, HoldfastError

app = typer.Typer(
    name="holdfast",
    help="Meetings that hold: scheduling for two people who mean to keep meeting.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(demo)
app.command()(serve)
app.command()(worker)
app.command()(propose)
app.command()(doctor)
app.add_typer(keys, name="keys")


def main() -> None:
    """The console script. Exit 0 well, 2 on wrong usage or bad input, 1 on failure; errors in one line on stderr."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Runs one command and returns its exit code."""
    try:
        code = app(args=arguments, prog_name="holdfast", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stdout.write(error.format_message() + "\n")
        return 0
    except click.ClickException as error:
        _say(error.format_message() + " Try `holdfast --help`.")
        return 2
    except (click.Abort, KeyboardInterrupt):
        _say("stopped.")
        return 1
    except BadInput as error:
        _say(error.detail)
        return 2
    except HoldfastError as error:
        _say(error.detail)
        return 1
    return int(code or 0)


def _say(text: str) -> None:
    sys.stderr.write("holdfast: " + " ".join(text.split()) + "\n")
