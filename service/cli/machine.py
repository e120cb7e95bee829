"""What the machine knows about its user: the time zone it is set to."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import available_timezones

_LOCALTIME, _NAME_FILE = Path("/etc/localtime"), Path("/etc/timezone")


def machine_zone(localtime: Path = _LOCALTIME, name_file: Path = _NAME_FILE) -> str:
    """The IANA zone this machine's clock is set to: ``TZ``, else what ``/etc/localtime`` links to, else what
    ``/etc/timezone`` names, else UTC."""
    known = available_timezones()
    for name in (_environment(), _linked(localtime), _written(name_file)):
        if name in known:
            return name
    return "UTC"


def _environment() -> str:
    return os.environ.get("TZ", "").removeprefix(":")


def _linked(path: Path) -> str:
    try:
        return str(path.resolve()).partition("zoneinfo/")[2]
    except OSError:
        return ""


def _written(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
