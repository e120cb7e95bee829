"""The sign-in port: how a person gives Holdfast access to a calendar account elsewhere (OAuth 2, code flow with PKCE)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SignInStep:
    """Where to send the person, and what to ``keep`` (sealed, for this one sign-in) until they come back: the PKCE
    verifier, the nonce, whatever the provider's library needs to finish."""

    url: str
    keep: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What the person gave. ``scopes`` is what was GRANTED, which may be less than was asked; ``access`` what that
    amounts to (``free_busy`` or ``events``); ``secret`` is kept sealed; ``zone`` and ``working_hours`` (as in
    ``POST /v1/people``) are taken over as defaults where the account tells them."""

    subject: str  # the provider's own lasting id of the account
    email: str
    access: str
    scopes: tuple[str, ...]
    secret: dict[str, str] = field(repr=False)
    settings: dict[str, str] = field(default_factory=dict)
    zone: str | None = None
    working_hours: list[dict[str, object]] | None = None


class SignIn(Protocol):
    """Sign-in at one provider. Raises ``Refused`` (the person said no, the code or grant is no longer good),
    ``Unreachable``, ``Throttled``; never a library's own exception."""

    def begin(self, *, state: str, redirect_uri: str, login_hint: str | None, choose: bool = False) -> SignInStep:
        """The provider's address for this sign-in, with the least scopes; ``choose`` adds leave to list all calendars of the
        account, where that is a scope of its own. No network where the library allows."""
        ...

    def finish(self, *, query: Mapping[str, str], keep: Mapping[str, str], redirect_uri: str) -> Grant:
        """Exchanges what came back (``query`` of the callback) for a grant, and verifies the id token."""
        ...

    def refresh(self, secret: Mapping[str, str]) -> dict[str, str]:
        """A secret whose access token is good again. ``Refused`` means withdrawn for good (``invalid_grant``)."""
        ...

    def revoke(self, secret: Mapping[str, str]) -> None:
        """Gives the access back at the provider, as far as it lets us; what is revoked already is a success."""
        ...
