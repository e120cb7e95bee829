"""What `holdfast doctor` finds, and how it keeps secrets out of what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

Status = Literal["ok", "warning", "problem"]
_SECRET_VARIABLES = ("SECRET_KEY", "BOOTSTRAP_API_KEY", "GOOGLE_CLIENT_SECRET", "MICROSOFT_CLIENT_SECRET")
_ADDRESSES_WITH_PASSWORDS = ("DATABASE_URL", "SMTP_URL")
_SHORTEST = 4  # shorter texts are no secrets, and would black out half of every sentence


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``found`` says how it is, ``advice`` what to do (empty where nothing is)."""

    status: Status
    check: str
    found: str
    advice: str = ""

    def words(self) -> dict[str, str]:
        """As JSON."""
        return asdict(self)


def ok(check: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding("ok", check, found)


def warning(check: str, found: str, advice: str) -> Finding:
    """Works, but somebody should look at it."""
    return Finding("warning", check, found, advice)


def problem(check: str, found: str, advice: str) -> Finding:
    """Does not work, or not safely."""
    return Finding("problem", check, found, advice)


def without_secrets(findings: Iterable[Finding], variables: Mapping[str, str | None]) -> list[Finding]:
    """The findings with every configured secret blacked out. None should be in them; drivers word their own errors."""
    secrets = sorted(_secrets(variables), key=len, reverse=True)

    def scrubbed(words: str) -> str:
        for secret in secrets:
            words = words.replace(secret, "[secret]")
        return words

    return [replace(it, found=scrubbed(it.found), advice=scrubbed(it.advice)) for it in findings]


def _secrets(variables: Mapping[str, str | None]) -> set[str]:
    found: set[str] = set()
    for name, value in variables.items():
        short = name.upper().removeprefix("HOLDFAST_")
        if not value or not name.upper().startswith("HOLDFAST_"):
            continue
        if short in _SECRET_VARIABLES:
            found |= {value, *(part.strip() for part in value.split(","))}
        if short in _ADDRESSES_WITH_PASSWORDS:
            found |= _passwords(value)
    return {secret for secret in found if len(secret) >= _SHORTEST}


def _passwords(address: str) -> set[str]:
    try:
        written = urlsplit(address).password or ""
    except ValueError:
        written = ""
    if not written and "@" in address:  # an address too broken to take apart
        written = address.rpartition("@")[0].rpartition(":")[2]
    query = [part.partition("=")[2] for part in address.partition("?")[2].split("&") if part.startswith("password=")]
    return {form for it in (written, *query) for form in (it, unquote(it), quote(unquote(it), safe=""))}
