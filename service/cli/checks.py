"""The checks of `holdfast doctor` that need nothing but the settings and the machine."""

from __future__ import annotations

import ipaddress
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from service.cli.findings import Finding, ok, problem, warning
from service.settings import PREFIX, Settings

EARLIEST_YEAR, LATEST_YEAR = 2025, 2100
LITTLE_ROOM, NO_ROOM = 500_000_000, 50_000_000
SHORTEST_KEY = 32
MEGABYTE = 1_000_000


def variables(names: Iterable[str]) -> list[Finding]:
    """A warning for each variable that looks like a setting and is none; ``names`` are all that are set."""
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    found = []
    for name in sorted({one.upper() for one in names if one.upper().startswith(PREFIX)} - known):
        near = get_close_matches(name, known, n=1, cutoff=0.7)
        advice = f"Did you mean {near[0]}?" if near else "Remove it; docs/settings.md lists all there are."
        found.append(warning("settings", f"{name} is no setting and changes nothing.", advice))
    return found


def clock(now: float, passed: float, ticked: float, database: float | None, newest: int | None) -> list[Finding]:
    """The system clock: ``now`` in epoch seconds; how far it went and how long that really took (monotonic) during
    the checks; the database's clock at ``now``; when the newest entry of the ledger was written."""
    shown = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    found = []
    sync = "Let the machine set its clock by NTP."
    if not EARLIEST_YEAR <= datetime.fromtimestamp(now, UTC).year <= LATEST_YEAR:
        found.append(problem("clock", f"This machine says it is {shown}.", sync))
    if abs(passed - ticked) > 1:
        found.append(warning("clock", f"The clock jumped by {passed - ticked:+.1f} s while it was looked at.", sync))
    if database is not None and abs(off := now - database) > 2:
        level = problem if abs(off) > 30 else warning
        found.append(level("clock", f"This machine is {off:+.0f} s off the database server.", sync))
    if newest is not None and newest > now + 60:
        words = f"The newest entry in the database is {newest - now:.0f} s in the future: the clock was set back."
        found.append(problem("clock", words, sync))
    return found or [ok("clock", shown)]


def time_zones() -> Finding:
    """Whether there are rules to tell local times by."""
    try:
        ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return problem("time zones", "No time-zone rules are installed.", "Install tzdata (pip install tzdata).")
    try:
        release = f", tzdata {version('tzdata')}"
    except PackageNotFoundError:
        release = ""
    return ok("time zones", f"{len(available_timezones())} zones{release}.")


def room(settings: Settings) -> Finding | None:
    """Whether the folder of the SQLite file is there and has room; ``None`` on PostgreSQL."""
    path = settings.sqlite_path
    if path is None:
        return None
    if not path.parent.is_dir():
        return problem("database folder", f"{path.parent} does not exist.", f"Create it: mkdir -p {path.parent}")
    free = shutil.disk_usage(path.parent).free
    words = f"{free // MEGABYTE} MB free in {path.parent}."
    if free >= LITTLE_ROOM:
        return ok("database folder", words)
    level = problem if free < NO_ROOM else warning
    return level("database folder", words, "Make room, or set HOLDFAST_DATABASE_URL to another disk.")


def public_url(settings: Settings, *, answering: bool) -> Finding:
    """Whether links to it are safe to send; ``answering`` is only told, never judged."""
    parts = urlsplit(settings.public_url)
    here = "Holdfast answers there." if answering else "Nothing answers there just now, seen from this machine."
    words = f"{settings.public_url}. {here}"
    advice = "Set HOLDFAST_PUBLIC_URL to the https address under which people reach Holdfast."
    if parts.scheme != "https" and not _loopback(parts.hostname or ""):
        return problem("public URL", f"{words} Without https, links can be read and altered on the way.", advice)
    if parts.scheme != "https" and settings.smtp_url is not None:
        return warning("public URL", f"{words} Links in mails only open on this machine.", advice)
    return ok("public URL", words)


def private_urls(settings: Settings) -> Finding | None:
    """A warning where Holdfast may be made to call hosts inside the network."""
    if not settings.allow_private_urls:
        return None
    return warning(
        "private URLs",
        "Calendars and webhooks may point into your network.",
        "Unset HOLDFAST_ALLOW_PRIVATE_URLS unless they must.",
    )


def api_keys(settings: Settings, live: int | None) -> Finding:
    """Whether anybody can use the API; ``live`` counts the keys, ``None`` where they cannot be counted."""
    bootstrap = settings.bootstrap_api_key
    if bootstrap is not None and len(bootstrap.get_secret_value()) < SHORTEST_KEY:
        words = f"HOLDFAST_BOOTSTRAP_API_KEY is shorter than {SHORTEST_KEY} characters and opens everything."
        return warning("API keys", words, "Set a long random one, or unset it once you have created keys.")
    if bootstrap is not None and live:
        return warning(
            "API keys",
            f"{live} live, and HOLDFAST_BOOTSTRAP_API_KEY is still accepted.",
            "Unset it: keys that were created can be revoked one by one.",
        )
    if bootstrap is None and not live:
        advice = "Create one: holdfast keys create --name NAME --scope admin"
        return warning("API keys", "None yet: nobody can use the API.", advice)
    return ok("API keys", f"{live} live." if live else "HOLDFAST_BOOTSTRAP_API_KEY is accepted.")


def providers(settings: Settings) -> list[Finding]:
    """What each calendar provider still needs."""
    google = _client("google", settings)
    microsoft = _client("microsoft", settings)
    insecure = urlsplit(settings.microsoft_login_base).scheme != "https"
    if microsoft.status == "ok" and insecure:
        microsoft = problem(
            "microsoft",
            "Signing in needs an https address; HOLDFAST_MICROSOFT_LOGIN_BASE is none.",
            "Set it to an https address, or unset it.",
        )
    nothing = "Nothing to set up."
    return [google, microsoft, *(ok(name, nothing) for name in ("caldav", "ics", "local"))]


def _client(name: str, settings: Settings) -> Finding:
    needed = [f"{name}_client_id", f"{name}_client_secret"]
    missing = [PREFIX + one.upper() for one in needed if not getattr(settings, one)]
    advice = f"Set {' and '.join(missing)} from your app registration there."
    if len(missing) == len(needed):
        return warning(name, f"Cannot be connected: {' and '.join(missing)} are not set.", advice)
    if missing:
        return problem(name, f"Half set up: {missing[0]} is missing.", advice)
    words = f"Set up; register {settings.public_url}/oauth/{name}/callback as its redirect address."
    if not settings.public_url.startswith("https:"):
        words += f" No push without https: calendars are looked at every {settings.sync_seconds} s."
    return ok(name, words)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
