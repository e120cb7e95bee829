"""How a person gives access to their Google account: the code flow with PKCE, the least scopes, and what was granted kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from integrations.google.answers import SIGN_IN, is_object, nonsense, oauth_trouble, sign_in_trouble
from integrations.google.api import GoogleApi
from integrations.google.items import known_zone
from integrations.google.places import Places
from integrations.google.scopes import ASKED, LISTING, access_of
from service.domain.errors import HoldfastError, Refused
from service.ports.calendar import Account
from service.ports.sign_in import Grant, SignInStep

if TYPE_CHECKING:
    from integrations.google.oauth_line import OAuthLine

_LASTS = 3600  # seconds, for an access token that does not say
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class GoogleSignIn:
    """Sign-in at Google; ``service.ports.sign_in`` says what each method does.

    ``Grant.secret``: ``access_token``, ``refresh_token``, ``expires_at`` (epoch seconds, as text), ``scope`` (as granted).
    ``Grant.settings``: ``account`` (the e-mail address by which Google knows the owner), ``access``."""

    def __init__(self, api: GoogleApi, *, client_id: str, client_secret: str) -> None:
        self._api = api
        self._client_id = client_id
        self._client_secret = client_secret

    def begin(self, *, state: str, redirect_uri: str, login_hint: str | None, choose: bool = False) -> SignInStep:
        """Google's page for this sign-in; no network. ``choose`` asks to list the account's other calendars too."""
        scopes = [*ASKED, *([LISTING] if choose else [])]
        nonce = secrets.token_urlsafe(24)
        made = self._flow(scopes=scopes, redirect_uri=redirect_uri)
        url, _ = made.authorization_url(
            state=state,
            nonce=nonce,
            access_type="offline",
            prompt="consent",  # without it a second sign-in brings no refresh token
            **({"login_hint": login_hint} if login_hint else {}),
        )
        url = self._api.places.authorize + url.removeprefix(Places().authorize)
        return SignInStep(url=url, keep={"verifier": made.code_verifier, "nonce": nonce, "scope": " ".join(scopes)})

    def finish(self, *, query: Mapping[str, str], keep: Mapping[str, str], redirect_uri: str) -> Grant:
        """Exchanges the code. Raises ``Refused`` also for a grant that is of no use: neither busy times nor events, or good for
        an hour only."""
        if query.get("error"):
            raise sign_in_trouble(query["error"])
        if not query.get("code"):
            raise Refused(f"{SIGN_IN} sent nobody back with a code. Please begin once more.")
        made = self._flow(redirect_uri=redirect_uri, verifier=keep.get("verifier", ""))
        token = self._exchanged(lambda: made.fetch_token(code=query["code"], include_client_id=True))
        # Without a word about scopes, what was asked was given (RFC 6749, 5.1).
        secret = self._secret(token, {"scope": query.get("scope") or keep.get("scope", "")})
        claims = self._claims(token, keep.get("nonce", ""))
        access = access_of(secret["scope"].split())
        if access is None:
            raise Refused("Google was not told to share when you are busy. Please sign in once more and tick that box.")
        if not secret.get("refresh_token"):
            raise Refused(f"{SIGN_IN} gave access for an hour only. Please sign in once more.")
        email = str(claims.get("email", ""))
        return Grant(
            subject=str(claims["sub"]),
            email=email,
            access=access,
            scopes=tuple(secret["scope"].split()),
            secret=secret,
            settings={"account": email, "access": access} if email else {"access": access},
            zone=self._zone(secret, access),
        )

    def refresh(self, secret: Mapping[str, str]) -> dict[str, str]:
        """A good access token, everything else as it was; the refresh token changes only if Google says so."""
        if not secret.get("refresh_token"):
            raise Refused(f"{SIGN_IN} gave nothing to renew access with. Please connect the calendar again.")
        made = self._flow()
        token = self._exchanged(
            lambda: made.oauth2session.refresh_token(
                Places().token,
                refresh_token=secret["refresh_token"],
                client_id=self._client_id,
                client_secret=self._client_secret,
            )
        )
        return self._secret(token, secret)

    def revoke(self, secret: Mapping[str, str]) -> None:
        """The refresh token takes the whole grant with it. A token that Google does not know is revoked already."""
        token = secret.get("refresh_token") or secret.get("access_token")
        if not token:
            return
        api = self._api
        answer = api.client.request(
            "POST",
            api.places.revoke,
            headers=_FORM,
            content=urlencode({"token": token}).encode(),
            deadline=api.patience,
        )
        if answer.status not in {200, 400}:
            raise oauth_trouble(max(answer.status, 300), answer.headers, answer.body, now=api.clock.now())
        if answer.body.strip() and not is_object(answer.body):
            raise nonsense(SIGN_IN)  # somebody between us and Google answered

    def _claims(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        from integrations.google.id_token import verified  # noqa: PLC0415 - loaded when somebody signs in

        api, proof = self._api, token.get("id_token")
        if not isinstance(proof, str):
            raise nonsense(SIGN_IN)
        return verified(
            proof,
            client=api.client,
            places=api.places,
            audience=self._client_id,
            nonce=nonce,
            clock=api.clock,
            patience=api.patience,
        )

    def _secret(self, token: Mapping[str, Any], before: Mapping[str, str]) -> dict[str, str]:
        access_token, seconds = token.get("access_token"), token.get("expires_in", _LASTS)
        if not isinstance(access_token, str) or not isinstance(seconds, int | float) or seconds < 0:
            raise nonsense(SIGN_IN)
        scope = token.get("scope") or before.get("scope", "")
        refresh_token = token.get("refresh_token") or before.get("refresh_token", "")
        return {
            **before,
            "access_token": access_token,
            "refresh_token": str(refresh_token),
            "expires_at": str(self._api.clock.now() + int(seconds)),
            "scope": scope if isinstance(scope, str) else " ".join(map(str, scope)),
        }

    def _zone(self, secret: Mapping[str, str], access: str) -> str | None:
        """The zone of the primary calendar, for a default; the sign-in does not hang on it."""
        if access != "events":
            return None
        account = Account(calendar_id="", owner_email="", zone="UTC", secret=dict(secret))
        try:
            answer = self._api.session(account, budget=self._api.patience).ask(
                lambda api: api.events().list(calendarId="primary", maxResults=1, fields="timeZone")
            )
        except HoldfastError:
            return None
        return known_zone(answer.get("timeZone"), "") or None

    def _exchanged(self, exchange: Any) -> Mapping[str, Any]:
        """Runs one exchange of the library; its own errors mean that a 200 held no token."""
        from integrations.google.oauth_line import OAuth2Error  # noqa: PLC0415 - as below

        try:
            token = exchange()
        except (OAuth2Error, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise nonsense(SIGN_IN) from None
        if not isinstance(token, Mapping):
            raise nonsense(SIGN_IN)
        return token

    def _flow(
        self, *, scopes: list[str] | None = None, redirect_uri: str | None = None, verifier: str | None = None
    ) -> Any:
        from integrations.google.oauth_line import flow  # noqa: PLC0415 - takes a second to load

        return flow(
            self._client_id,
            self._client_secret,
            scopes=scopes,
            redirect_uri=redirect_uri,
            verifier=verifier,
            line=self._line(),
        )

    def _line(self) -> OAuthLine:
        from integrations.google.oauth_line import OAuthLine  # noqa: PLC0415 - as above

        api = self._api
        return OAuthLine(api.client, api.places, api.clock, api.patience)
