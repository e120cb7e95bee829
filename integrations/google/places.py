"""Where Google answers: its own hosts, or one host in place of all of them (tests)."""

from __future__ import annotations

from dataclasses import dataclass

ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})


@dataclass(frozen=True, slots=True)
class Places:
    """Addresses. ``issuers`` are the names under which id tokens may be made out."""

    authorize: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    revoke: str = "https://oauth2.googleapis.com/revoke"
    certs: str = "https://www.googleapis.com/oauth2/v3/certs"
    calendar: str = "https://www.googleapis.com/calendar/v3/"
    issuers: frozenset[str] = ISSUERS

    @classmethod
    def under(cls, base: str | None) -> Places:
        """Google's own hosts for ``None``, else everything under ``base`` (``HOLDFAST_GOOGLE_BASE``)."""
        if base is None:
            return cls()
        base = base.rstrip("/")
        return cls(
            authorize=f"{base}/o/oauth2/v2/auth",
            token=f"{base}/token",
            revoke=f"{base}/revoke",
            certs=f"{base}/oauth2/v3/certs",
            calendar=f"{base}/calendar/v3/",
            issuers=ISSUERS | {base},
        )
