"""Signing in: discovery, keys, the page where a person gives access, and the token endpoint (OAuth 2, PKCE, OpenID)."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.emulators.microsoft.mailbox import Mailbox
from tests.emulators.microsoft.server import Answer, Request

PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
_OPEN_ID = {"openid", "profile", "email", "offline_access"}
_KNOWN = {
    *_OPEN_ID,
    "Calendars.ReadBasic",
    "Calendars.Read",
    "Calendars.ReadWrite",
    "MailboxSettings.Read",
    "User.Read",
}
KEY_ID = "emulator-key-1"


@cache
def signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Code:
    """An authorisation code: once, for ten minutes."""

    box: Mailbox
    client: str
    redirect: str
    challenge: str
    nonce: str
    scopes: tuple[str, ...]
    until: int


@dataclass
class Token:
    """An access token, or (``until`` 0) a refresh token."""

    box: Mailbox
    client: str
    scopes: tuple[str, ...]
    until: int = 0


@dataclass
class Login:
    """``person`` is who sits at the browser; ``gives`` what they allow of what is asked (``None``: all of it), or
    ``says_no``."""

    now: Callable[[], int]
    client_id: str
    client_secret: str
    redirects: set[str] | None = None  # the registered ones; ``None`` takes any
    person: Mailbox | None = None
    gives: set[str] | None = None
    says_no: bool = False
    lifetime: int = 3600
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, Token] = field(default_factory=dict)
    refresh: dict[str, Token] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)  # addresses
    audience: str | None = None  # a wrong one, for tests

    def answer(self, request: Request, operation: str) -> Answer:
        """One request under ``/{tenant}/``."""
        tenant = request.parts[0]
        if operation == "discovery":
            return self._discovery(request.base, tenant)
        if operation == "keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(signing_key().public_key()))
            return Answer(200, {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]})
        if operation == "authorize":
            return self._authorize(request, tenant)
        return self._token(request, tenant)

    def issue(self, box: Mailbox, scopes: tuple[str, ...], *, lifetime: int | None = None) -> str:
        """An access token without the ceremony."""
        token = "eyEmulated." + secrets.token_urlsafe(48)
        self.access[token] = Token(box, self.client_id, scopes, self.now() + (lifetime or self.lifetime))
        return token

    def expire(self) -> None:
        """Every access token has run out."""
        self.access.clear()

    def _discovery(self, base: str, tenant: str) -> Answer:
        if tenant not in {"common", "organizations", "consumers"} and len(tenant) < 10:
            return _error(400, "invalid_tenant", 90002, f"Tenant '{tenant}' not found.")
        issuer = "{tenantid}" if tenant in {"common", "organizations"} else tenant
        root = f"{base}/{tenant}"
        return Answer(
            200,
            {
                "issuer": f"{base}/{PERSONAL_TENANT if tenant == 'consumers' else issuer}/v2.0",
                "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
                "token_endpoint": f"{root}/oauth2/v2.0/token",
                "jwks_uri": f"{root}/discovery/v2.0/keys",
                "response_types_supported": ["code"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "subject_types_supported": ["pairwise"],
            },
        )

    def _authorize(self, request: Request, tenant: str) -> Answer:
        """The person's browser arrives, decides at once, and is sent back."""
        asked = request.query
        for name in ("client_id", "redirect_uri", "scope", "state", "code_challenge"):
            if not asked.get(name):
                return Answer(400, f"<html>AADSTS900144: The request must contain '{name}'.</html>")
        if asked["client_id"] != self.client_id:
            return Answer(400, "<html>AADSTS700016: Application was not found.</html>")
        if self.redirects is not None and asked["redirect_uri"] not in self.redirects:
            return Answer(400, "<html>AADSTS50011: The redirect URI does not match.</html>")
        if asked.get("code_challenge_method") != "S256" or asked.get("response_type") != "code":
            return Answer(400, "<html>AADSTS501481: The code challenge method is not supported.</html>")
        scopes = asked["scope"].split()
        unknown = {it.rpartition("/")[2] for it in scopes} - _KNOWN
        if unknown:
            return Answer(400, f"<html>AADSTS70011: The scope {sorted(unknown)} is not valid.</html>")
        back = {"state": asked["state"]}
        box = self.person
        if box is None or self.says_no or not self._admits(tenant, box):
            back |= {"error": "access_denied", "error_description": "AADSTS65004: User declined to consent."}
        else:
            given = tuple(it for it in scopes if it in _OPEN_ID or self.gives is None or it in self.gives)
            code = "M.C507_" + secrets.token_urlsafe(24)
            self.codes[code] = Code(
                box,
                self.client_id,
                asked["redirect_uri"],
                asked["code_challenge"],
                asked.get("nonce", ""),
                given,
                self.now() + 600,
            )
            back["code"] = code
        joint = "&" if "?" in asked["redirect_uri"] else "?"
        return Answer(302, None, {"Location": asked["redirect_uri"] + joint + urlencode(back)})

    def _admits(self, tenant: str, box: Mailbox) -> bool:
        if tenant == "common":
            return True
        if tenant == "organizations":
            return not box.personal
        return box.personal if tenant == "consumers" else tenant == box.tenant

    def _token(self, request: Request, tenant: str) -> Answer:
        if not request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            return _error(400, "invalid_request", 900144, "The request body must be a form.")
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        client, secret = form.get("client_id"), form.get("client_secret")
        basic = request.headers.get("Authorization", "")
        if basic.startswith("Basic "):
            client, _, secret = base64.b64decode(basic[6:]).decode().partition(":")
        if client != self.client_id:
            return _error(400, "unauthorized_client", 700016, "Application was not found in the directory.")
        if secret != self.client_secret:
            return _error(401, "invalid_client", 7000215, "Invalid client secret provided.")
        grant = form.get("grant_type")
        if grant == "authorization_code":
            return self._by_code(request, form, tenant)
        if grant == "refresh_token":
            return self._by_refresh(request, form, tenant)
        return _error(400, "unsupported_grant_type", 70003, f"The grant type '{grant}' is not supported.")

    def _by_code(self, request: Request, form: dict[str, str], tenant: str) -> Answer:
        code = self.codes.pop(form.get("code", ""), None)
        if code is None or self.now() > code.until:
            return _error(400, "invalid_grant", 54005, "OAuth2 Authorization code was already redeemed.")
        if form.get("redirect_uri") != code.redirect:
            return _error(400, "invalid_grant", 500112, "The reply address does not match.")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
            return _error(400, "invalid_grant", 501481, "The Code_Verifier does not match the code_challenge.")
        return self._tokens(request.base, code.box, code.scopes, code.nonce)

    def _by_refresh(self, request: Request, form: dict[str, str], tenant: str) -> Answer:
        token = self.refresh.get(form.get("refresh_token", ""))
        if token is None or token.box.address in self.revoked or not self._admits(tenant, token.box):
            return _error(400, "invalid_grant", 70000, "The grant was revoked or has expired.", "bad_token")
        asked = {it for it in form.get("scope", "").split() if it not in _OPEN_ID}
        if asked - set(token.scopes):
            return _error(400, "invalid_grant", 65001, "The user has not consented.", "consent_required")
        return self._tokens(request.base, token.box, token.scopes, None)

    def _tokens(self, base: str, box: Mailbox, scopes: tuple[str, ...], nonce: str | None) -> Answer:
        now = self.now()
        claims = {
            "aud": self.audience or self.client_id,
            "iss": f"{base}/{box.tenant}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "name": box.name,
            "oid": box.oid,
            "preferred_username": box.address,
            "sub": hashlib.sha256(box.oid.encode()).hexdigest()[:43],
            "tid": box.tenant,
            "ver": "2.0",
            **({"nonce": nonce} if nonce else {}),
            **({"email": box.address} if "email" in scopes else {}),
        }
        client_info = json.dumps({"uid": box.oid, "utid": box.tenant}).encode()
        answer = {
            "token_type": "Bearer",
            "scope": " ".join(it for it in scopes if it != "offline_access"),
            "expires_in": self.lifetime,
            "ext_expires_in": self.lifetime,
            "access_token": self.issue(box, scopes),
            "client_info": base64.urlsafe_b64encode(client_info).rstrip(b"=").decode(),
        }
        if "openid" in scopes:
            answer["id_token"] = jwt.encode(claims, signing_key(), algorithm="RS256", headers={"kid": KEY_ID})
        if "offline_access" in scopes:
            answer["refresh_token"] = fresh = "M.C507_R3." + secrets.token_urlsafe(48)
            self.refresh[fresh] = Token(box, self.client_id, scopes)
        return Answer(200, answer, {"Cache-Control": "no-store, no-cache"})


def _error(status: int, code: str, number: int, words: str, suberror: str | None = None) -> Answer:
    """An error as the login host words it."""
    body = {
        "error": code,
        "error_description": f"AADSTS{number}: {words} Trace ID: 0",
        "error_codes": [number],
        "timestamp": "2027-03-01 00:00:00Z",
        "trace_id": "0",
        "correlation_id": "0",
        **({"suberror": suberror} if suberror else {}),
    }
    return Answer(status, body)
