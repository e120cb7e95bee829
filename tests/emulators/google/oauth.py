"""Google's sign-in: consent that approves itself, codes for one use, PKCE, tokens that run out, id tokens and their keys."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.emulators.google.description import document
from tests.emulators.google.world import World

EMAIL_SCOPE = "https://www.googleapis.com/auth/userinfo.email"
_IDENTITY = {"openid": "openid", "email": EMAIL_SCOPE, EMAIL_SCOPE: EMAIL_SCOPE}
_CODE_SECONDS = 600
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class OAuthProblem(Exception):
    """An answer of the token endpoint: ``{"error", "error_description"}``."""

    def __init__(self, status: int, error: str, description: str = "") -> None:
        super().__init__(f"{status} {error}: {description}")
        self.status, self.error, self.description = status, error, description or error


@dataclass
class Consent:
    """What the person does on the consent page: ``scopes`` they tick (``None``: all), or they say no."""

    email: str | None = None
    scopes: set[str] | None = None
    deny: bool = False


@dataclass
class _Code:
    email: str
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str
    nonce: str | None
    expires_at: int
    offline: bool


@dataclass
class Token:
    """An access token."""

    email: str
    scopes: tuple[str, ...]
    expires_at: int
    refresh_token: str | None


@dataclass
class OAuth:
    """One application and what people gave it."""

    world: World
    client_id: str
    client_secret: str
    redirect_uris: set[str]
    consent: Consent = field(default_factory=Consent)
    access_seconds: int = 3599
    access: dict[str, Token] = field(default_factory=dict)
    refresh: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)

    def authorize(self, query: dict[str, str]) -> str:
        """Where the person's browser is sent. Raises ``OAuthProblem`` 400, which Google shows as a page."""
        if query.get("client_id") != self.client_id:
            raise OAuthProblem(401, "invalid_client", "The OAuth client was not found.")
        redirect = query.get("redirect_uri", "")
        if redirect not in self.redirect_uris:
            raise OAuthProblem(400, "redirect_uri_mismatch", redirect)
        if query.get("response_type") != "code" or not query.get("scope"):
            raise OAuthProblem(400, "invalid_request", "response_type and scope are needed")
        asked = query["scope"].split()
        known = document()["auth"]["oauth2"]["scopes"].keys() | _IDENTITY.keys()
        if not set(asked) <= known:
            raise OAuthProblem(400, "invalid_scope", str(set(asked) - known))
        if query.get("code_challenge_method") != "S256" or len(query.get("code_challenge", "")) != 43:
            raise OAuthProblem(400, "invalid_request", "PKCE (S256) is expected of this application")
        back = {"state": query["state"]} if "state" in query else {}
        if self.consent.deny:
            return f"{redirect}?{urlencode({'error': 'access_denied', **back})}"
        email = self.consent.email or query.get("login_hint") or next(iter(self.world.accounts))
        wanted = self.consent.scopes
        given = tuple(_IDENTITY.get(s, s) for s in asked if s in _IDENTITY or wanted is None or s in wanted)
        offline = query.get("access_type") == "offline" and (
            "consent" in query.get("prompt", "").split() or email not in {who for who, _ in self.refresh.values()}
        )
        code = "4/" + secrets.token_urlsafe(24)
        self._codes[code] = _Code(
            email,
            given,
            redirect,
            query["code_challenge"],
            query.get("nonce"),
            self.world.clock.now() + _CODE_SECONDS,
            offline,
        )
        return f"{redirect}?{urlencode({**back, 'code': code, 'scope': ' '.join(given), 'prompt': 'consent'})}"

    def token(self, form: dict[str, str], authorization: str | None) -> dict[str, Any]:
        """The token endpoint."""
        id_, secret = _client(form, authorization)
        if id_ != self.client_id or secret != self.client_secret:
            raise OAuthProblem(401, "invalid_client", "Unauthorized")
        if form.get("grant_type") == "authorization_code":
            return self._from_code(form)
        if form.get("grant_type") == "refresh_token":
            held = self.refresh.get(form.get("refresh_token", ""))
            if held is None:
                raise OAuthProblem(400, "invalid_grant", "Token has been expired or revoked.")
            return self._answer(*held, refresh_token=form["refresh_token"], nonce=None)
        raise OAuthProblem(400, "unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")

    def revoke(self, token: str) -> None:
        """Takes a refresh token with its access tokens, or the other way round."""
        refresh = token if token in self.refresh else getattr(self.access.get(token), "refresh_token", None)
        if refresh is None and token not in self.access:
            raise OAuthProblem(400, "invalid_token", "Token expired or revoked")
        self.refresh.pop(refresh or "", None)
        self.access.pop(token, None)
        for one in [one for one, held in self.access.items() if refresh and held.refresh_token == refresh]:
            del self.access[one]

    def revoke_all(self, email: str) -> None:
        """The person withdraws access in their Google account."""
        self.refresh = {token: held for token, held in self.refresh.items() if held[0] != email}
        self.access = {token: held for token, held in self.access.items() if held.email != email}

    def expire(self) -> None:
        """Every access token has run out."""
        for one in self.access.values():
            one.expires_at = 0

    def grant(self, email: str, scopes: tuple[str, ...]) -> dict[str, str]:
        """Tokens without a sign-in, as our secret holds them."""
        refresh_token = "1//" + secrets.token_urlsafe(24)
        self.refresh[refresh_token] = (email, scopes)
        token = self._issue(email, scopes, refresh_token)
        return {
            "access_token": token,
            "refresh_token": refresh_token,
            "expires_at": str(self.access[token].expires_at),
            "scope": " ".join(scopes),
        }

    def certs(self) -> dict[str, Any]:
        """The key set."""
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_KEY.public_key()))
        return {"keys": [{**key, "kid": "emulated", "alg": "RS256", "use": "sig"}]}

    def id_token(self, email: str, *, nonce: str | None, **claims: Any) -> str:
        """Proof of who signed in; ``claims`` override what is true."""
        now = self.world.clock.now()
        content: dict[str, Any] = {
            "iss": "https://accounts.google.com",
            "aud": self.client_id,
            "azp": self.client_id,
            "sub": self.world.accounts[email].subject,
            "email": email,
            "email_verified": True,
            "iat": now,
            "exp": now + 3600,
            **({"nonce": nonce} if nonce else {}),
        }
        return jwt.encode(content | claims, _KEY, algorithm="RS256", headers={"kid": "emulated"})

    def _from_code(self, form: dict[str, str]) -> dict[str, Any]:
        held = self._codes.pop(form.get("code", ""), None)
        if held is None or held.expires_at <= self.world.clock.now():
            raise OAuthProblem(400, "invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != held.redirect_uri:
            raise OAuthProblem(400, "redirect_uri_mismatch", "Bad Request")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != held.challenge:
            raise OAuthProblem(400, "invalid_grant", "Invalid code verifier.")
        refresh_token = None
        if held.offline:
            refresh_token = "1//" + secrets.token_urlsafe(24)
            self.refresh[refresh_token] = (held.email, held.scopes)
        return self._answer(held.email, held.scopes, refresh_token=refresh_token, nonce=held.nonce, first=True)

    def _answer(
        self, email: str, scopes: tuple[str, ...], *, refresh_token: str | None, nonce: str | None, first: bool = False
    ) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "access_token": self._issue(email, scopes, refresh_token),
            "expires_in": self.access_seconds,
            "scope": " ".join(scopes),
            "token_type": "Bearer",
        }
        if first and refresh_token:
            answer["refresh_token"] = refresh_token
        if "openid" in scopes:
            answer["id_token"] = self.id_token(email, nonce=nonce)
        return answer

    def _issue(self, email: str, scopes: tuple[str, ...], refresh_token: str | None) -> str:
        token = "ya29." + secrets.token_urlsafe(24)
        self.access[token] = Token(email, scopes, self.world.clock.now() + self.access_seconds, refresh_token)
        return token


def _client(form: dict[str, str], authorization: str | None) -> tuple[str, str]:
    if authorization and authorization.startswith("Basic "):
        id_, _, secret = base64.b64decode(authorization[6:]).decode().partition(":")
        return id_, secret
    return form.get("client_id", ""), form.get("client_secret", "")
