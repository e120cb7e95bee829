"""Who signed in: Google's id token, verified against its published keys.

google-auth's own verification fetches the keys with urllib, past every guard and deadline of ours, so the signature is checked
with PyJWT and the keys come through the guarded client. The clock is the house's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import jwt
from jwt.types import Options

from integrations.google.answers import SIGN_IN, nonsense, oauth_trouble
from integrations.google.places import Places
from integrations.http import GuardedClient
from service.domain.errors import Refused
from service.ports.clock import Clock

_LEEWAY = 300  # seconds by which two clocks may differ
_OPTIONS: Options = {
    "require": ["iss", "aud", "exp", "sub"],
    "verify_exp": False,  # by the house's clock, below
    "verify_iat": False,
    "verify_nbf": False,
    "verify_iss": False,  # Google's own two names for itself, below
}


def verified(
    token: str, *, client: GuardedClient, places: Places, audience: str, nonce: str, clock: Clock, patience: float
) -> Mapping[str, Any]:
    """The token's claims. Raises ``Refused`` for one that is not Google's, not for us, or not of now."""
    keys = _keys(client, places, clock, patience)
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(keys, kid).key,
            algorithms=["RS256"],
            audience=audience,
            options=_OPTIONS,
        )
    except (jwt.PyJWTError, KeyError, ValueError, TypeError):
        raise _refused() from None
    if claims.get("iss") not in places.issuers:
        raise _refused()
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or expires + _LEEWAY < clock.now():
        raise _refused()
    # The code is bound to this sign-in by PKCE already; a nonce that is there has to be ours.
    if claims.get("nonce", nonce) != nonce:
        raise _refused()
    return claims


def _key(keys: Mapping[str, jwt.PyJWK], kid: object) -> jwt.PyJWK:
    """The key that the token names; the only one there is where it names none. Raises ``KeyError``."""
    return next(iter(keys.values())) if kid is None and len(keys) == 1 else keys[str(kid)]


def _keys(client: GuardedClient, places: Places, clock: Clock, patience: float) -> dict[str, jwt.PyJWK]:
    answer = client.request("GET", places.certs, headers={"Accept": "application/json"}, deadline=patience)
    if answer.status != 200:
        raise oauth_trouble(max(answer.status, 300), answer.headers, answer.body, now=clock.now())
    try:
        found = jwt.PyJWKSet.from_dict(json.loads(answer.body))
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
        raise nonsense(SIGN_IN) from None
    return {str(key.key_id): key for key in found.keys}


def _refused() -> Refused:
    return Refused(f"{SIGN_IN} sent a proof of identity that does not hold. Please sign in once more.")
