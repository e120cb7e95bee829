"""Carries what google-auth-oauthlib sends (it speaks ``requests``) over the guarded client: deadlines, our certificates, and
another host where one is set."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2 import OAuth2Error
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from integrations.google.answers import oauth_trouble
from integrations.google.places import Places
from integrations.http import GuardedClient
from service.ports.clock import Clock

__all__ = ["OAuth2Error", "flow"]

# At DEBUG both write out codes, tokens and our own secret.
for _talkative in ("oauthlib", "requests_oauthlib"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)

# What the library is told: it insists on https, and on the way out the address becomes the one that is set.
_GOOGLE = Places()


def flow(
    client_id: str,
    client_secret: str,
    *,
    scopes: list[str] | None,
    redirect_uri: str | None,
    verifier: str | None,
    line: OAuthLine,
) -> Any:
    """A sign-in of the library's, on our line. ``scopes`` only to begin: what comes back may be less, and is no error."""
    config = {
        "web": {
            "client_id": client_id,
            "client_secret": client_secret,
            "auth_uri": _GOOGLE.authorize,
            "token_uri": _GOOGLE.token,
        }
    }
    made = Flow.from_client_config(config, scopes=scopes, redirect_uri=redirect_uri, code_verifier=verifier)
    made.oauth2session.trust_env = False
    made.oauth2session.mount("https://", line)
    return made


class OAuthLine(BaseAdapter):
    """The transport under ``requests``. Raises the house's errors for whatever is no success."""

    def __init__(self, client: GuardedClient, places: Places, clock: Clock, patience: float) -> None:
        super().__init__()
        self._client, self._places, self._clock, self._patience = client, places, clock, patience

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        """One POST to the token endpoint, wherever that is."""
        if request.url != _GOOGLE.token:
            raise AssertionError("the sign-in library wants to go somewhere else")
        headers: Mapping[str, str] = {
            k: str(v) for k, v in request.headers.items() if k.lower() in {"accept", "content-type", "authorization"}
        }
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        answer = self._client.request(
            "POST", self._places.token, headers=headers, content=body, deadline=self._patience
        )
        if answer.status != 200:
            raise oauth_trouble(max(answer.status, 300), answer.headers, answer.body, now=self._clock.now())
        made = Response()
        made.status_code = answer.status
        made.headers.update(answer.headers)
        made._content = answer.body
        made.url = self._places.token
        made.request = request
        made.encoding = "utf-8"
        return made

    def close(self) -> None:
        """Nothing of its own is open."""
