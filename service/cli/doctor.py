"""`holdfast doctor`: is everything there that Holdfast needs, and what is to be done about what is not?"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from service.domain.errors import BadInput, HoldfastError

if TYPE_CHECKING:
    from pathlib import Path

    from service.cli.findings import Finding
    from service.settings import Settings
    from service.store.examine import Facts


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Check all that Holdfast needs, and say what to do.

    Settings, database, clock, keys, public URL, mail, calendar providers. Changes nothing. Exit code 1 when
    something is wrong, 0 when there are warnings at most."""
    from service.cli.findings import without_secrets

    findings = without_secrets(examine_all(), _variables())
    troubles = sum(it.status == "problem" for it in findings)
    if as_json:
        words = {"ok": not troubles, "checks": [it.words() for it in findings]}
        typer.echo(json.dumps(words, indent=2))
    else:
        _show(findings)
    if troubles:
        raise typer.Exit(1)


def examine_all() -> list[Finding]:
    """Every finding, in the order in which one would repair things."""
    from service.cli import checks
    from service.cli.findings import problem

    wall, ticks = time.time(), time.monotonic()
    found = checks.variables(_variables())
    try:
        settings, bad = _settings()
    except BadInput as error:
        return [*found, problem("settings", error.detail, "Repair or remove the file.")]
    found = [*bad, *found]
    facts = _database(settings)
    found += _about_settings(found, settings)
    found += [it for it in (checks.room(settings), _database_finding(settings, facts)) if it]
    found += [_keys(settings, facts), checks.api_keys(settings, facts.live_keys)]
    found += [*_outside(settings)]
    now = time.time()
    found += checks.clock(now, now - wall, time.monotonic() - ticks, facts.clock, facts.newest_entry)
    found.append(checks.time_zones())
    found += checks.providers(settings)
    return found


def _variables() -> dict[str, str | None]:
    """What is set, in the environment or in ``.env``."""
    from dotenv import dotenv_values

    try:
        written = dotenv_values(".env")
    except (OSError, UnicodeDecodeError):
        written = {}
    return {**written, **os.environ}


def _settings() -> tuple[Settings, list[Finding]]:
    """The settings, with the default in place of each one that is wrong, and a finding about it. Raises ``BadInput``
    where not even that helps."""
    from service.cli.findings import problem
    from service.settings import PREFIX, Settings, load_settings

    try:
        return load_settings(), []
    except BadInput as error:
        wrong = {it.field.removeprefix(PREFIX).lower(): it.reason for it in error.fields}
        if not wrong:
            raise
    usual = {name: Settings.model_fields[name].get_default(call_default_factory=True) for name in wrong}
    advice = "Correct it; docs/settings.md has examples. What follows supposes its default."
    found = [problem("settings", f"{PREFIX}{name.upper()}: {reason}.", advice) for name, reason in wrong.items()]
    return load_settings(**usual), found


def _about_settings(found: list[Finding], settings: Settings) -> list[Finding]:
    from service.cli import checks
    from service.cli.findings import ok

    calm = [] if found else [ok("settings", "Every variable that is set is known and valid.")]
    return [*calm, *(it for it in [checks.private_urls(settings)] if it)]


def _database(settings: Settings) -> Facts:
    from service.store.examine import examine

    return examine(settings.database_url)


def _database_finding(settings: Settings, facts: Facts) -> Finding:
    from service.cli.findings import ok, problem, warning

    if not facts.exists:
        return ok("database", f"{facts.place} is made at the first start.")
    if facts.trouble:
        advice = "Look at HOLDFAST_DATABASE_URL, and whether the database is up and lets Holdfast in and write."
        return problem("database", f"{facts.place} cannot be used: {facts.trouble}.", advice)
    if facts.shape == "unknown":
        advice = "Start the newer Holdfast, or restore an older backup."
        return problem("database", f"{facts.place} was made by a newer Holdfast.", advice)
    if facts.shape != "current":
        state = "is empty" if facts.shape == "empty" else "is of an older Holdfast"
        return warning("database", f"{facts.place} {state}.", "The next `holdfast serve` brings it up to date.")
    return ok("database", f"{facts.place} can be written and is up to date.{_served(settings)}")


def _served(settings: Settings) -> str:
    from service.jobs.single_process import SingleProcess

    path = settings.sqlite_path
    if path is None or not path.with_name(path.name + ".lock").exists():
        return ""
    lock = SingleProcess(path)
    try:
        lock.acquire()
    except HoldfastError:
        return " A running process serves it."
    except OSError:
        return ""
    lock.release()
    return ""


def _keys(settings: Settings, facts: Facts) -> Finding:
    """The keys that seal credentials: there, and able to open what is stored."""
    from service.cli.findings import problem, warning
    from service.settings import secret_keys
    from service.wiring_checks import unopened

    database = settings.sqlite_path
    file = database.with_name(database.name + ".key") if database and settings.secret_key is None else None
    if file is not None and not file.exists():
        if facts.sealed:
            words = f"{file} is gone: what is sealed in the database cannot be opened."
            return problem("secret keys", words, "Put the file back from a backup, or set HOLDFAST_SECRET_KEY.")
        return warning("secret keys", f"{file} is made at the first start.", "Set HOLDFAST_SECRET_KEY for real use.")
    try:
        keys = secret_keys(settings)
    except BadInput as error:
        return problem("secret keys", error.detail, "Set HOLDFAST_SECRET_KEY to 40 random characters.")
    if closed := unopened(keys, facts.sealed):
        words = f"{closed} of {len(facts.sealed)} stored secrets were sealed with another key."
        return problem("secret keys", words, "Add the key that was used before to HOLDFAST_SECRET_KEY, after a comma.")
    return _key_quality(keys, file, len(facts.sealed))


def _key_quality(keys: list[str], file: Path | None, opened: int) -> Finding:
    from service.cli.checks import SHORTEST_KEY
    from service.cli.findings import ok, warning

    if file is not None:
        advice = "Back it up with the database, or set HOLDFAST_SECRET_KEY."
        return warning("secret keys", f"A generated key is used, kept in {file}.", advice)
    if short := sum(len(key) < SHORTEST_KEY for key in keys):
        words = f"{short} of {len(keys)} in HOLDFAST_SECRET_KEY have less than {SHORTEST_KEY} characters."
        return warning("secret keys", words, "Put a long random one in front; keep the old ones behind it.")
    return ok("secret keys", f"{len(keys)} set; they open all of the {opened} stored secrets looked at.")


def _outside(settings: Settings) -> Iterator[Finding]:
    """Certificates, public URL and mail."""
    from service.cli import checks
    from service.cli.findings import ok, problem
    from service.wiring_checks import answers, certificates

    bundle = settings.ca_bundle
    try:
        certificates(bundle)
        yield ok("certificates", f"The system's and those in {bundle}." if bundle else "The system's.")
    except BadInput as error:
        yield problem("certificates", error.detail, "Point HOLDFAST_CA_BUNDLE at a PEM file.")
        bundle = None
    yield checks.public_url(settings, answering=answers(settings.public_url, bundle))
    settings = settings.model_copy(update={"ca_bundle": bundle})
    yield from _mail(settings)
    yield from _mailbox(settings)


def _mail(settings: Settings) -> Iterator[Finding]:
    from service.cli.findings import ok, problem, warning
    from service.wiring_checks import knock, mail_server

    if settings.smtp_url is None:
        advice = "Set HOLDFAST_SMTP_URL to have it sent."
        yield warning("mail", "Mail is kept in the database and shown on a page, not sent.", advice)
        return
    url = settings.smtp_url.get_secret_value()
    try:
        server = mail_server(url)
        trouble = knock(url, settings.ca_bundle)
    except BadInput as error:
        yield problem("mail", error.detail, "Write smtp://user:password@host:port, both percent-encoded.")
        return
    if trouble:
        advice = "Look at HOLDFAST_SMTP_URL, and whether a firewall lets this machine out."
        yield problem("mail", f"{server}: {trouble}.", advice)
    else:
        yield ok("mail", f"{server} answers.")
    domain = settings.mail_address.rpartition("@")[2]
    if "." not in domain:
        words = f"Mails would come from {settings.mail_address}, which nobody accepts."
        yield warning("sender", words, "Set HOLDFAST_MAIL_FROM to an address that the mail server may send for.")
    else:
        yield ok("sender", f"{settings.mail_address}.")


def _mailbox(settings: Settings) -> Iterator[Finding]:
    from service.cli.findings import ok, problem
    from service.wiring_checks import look_into

    if settings.imap_url is None:
        return
    try:
        look_into(settings.imap_url.get_secret_value(), settings.ca_bundle)
        yield ok("mailbox", f"It can be read. It has to be the mailbox of {settings.mail_address}.")
    except BadInput as error:
        advice = "Write imaps://user:password@host/INBOX, user and password percent-encoded."
        yield problem("mailbox", error.detail, advice)
    except HoldfastError as error:
        advice = "Look at HOLDFAST_IMAP_URL, and whether a firewall lets this machine out."
        yield problem("mailbox", error.detail, advice)


def _show(findings: list[Finding]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colours = {"ok": "green", "warning": "yellow", "problem": "red"}
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("Check", no_wrap=True)
    table.add_column("Found and to do", overflow="fold")
    for it in findings:
        words = Text(it.found)
        if it.advice:
            words.append(f"\n-> {it.advice}", style="bold")
        table.add_row(Text(it.status, style=colours[it.status]), it.check, words)
    console = Console(highlight=False, markup=False)
    console.print(table)
    counts = {status: sum(it.status == status for it in findings) for status in ("problem", "warning")}
    console.print(", ".join(f"{n} {word}{'' if n == 1 else 's'}" for word, n in counts.items()) + ".")
