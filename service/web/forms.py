"""What comes back from a page: read with limits, guarded against forgery, and carried out once.

There is no cookie, so there is no session to ride on: an address under ``/me/`` is a secret of its own. On top of that
every page carries a token, sealed for the one who sees it and good for a day, that each form sends back; and a browser that
says the request comes from another site is refused. The token is also the idempotency key: the same form sent twice from
one page is carried out once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request

from service.app.house import House
from service.app.once import Once
from service.domain.errors import BadInput, Denied, NotNow
from service.domain.timespan import DAY

LARGEST, MOST_FIELDS = 16_384, 40
LIFETIME = DAY
_BOUND_TO = "page"
DEMO = "demo"  # who sees the demo's own pages


@dataclass(frozen=True, slots=True)
class Posted:
    """A form as it was sent. ``form`` is the page's token."""

    path: str
    fields: Mapping[str, str]

    def text(self, name: str) -> str:
        """A field that must be there. Raises ``BadInput``."""
        value = self.fields.get(name, "").strip()
        if not value:
            raise BadInput.of(name, "is missing; please choose or fill it in")
        return value

    def optional(self, name: str) -> str | None:
        """A field that may be left empty."""
        return self.fields.get(name, "").strip() or None

    def number(self, name: str) -> int:
        """A whole number. Raises ``BadInput``."""
        try:
            return int(self.text(name))
        except ValueError:
            raise BadInput.of(name, "is not a number") from None


async def _posted(request: Request) -> Posted:
    _check_origin(request)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise BadInput("That is more than this page can send.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, strict_parsing=bool(body))
    except ValueError:
        raise BadInput("What was sent cannot be read as a form.") from None
    return Posted(request.url.path, dict(pairs))


PostedForm = Annotated[Posted, Depends(_posted)]


def _check_origin(request: Request) -> None:
    """Refuses what a browser marks as coming from elsewhere. ``Origin: null`` is our own no-referrer policy at work, so
    it says nothing either way; the page's token decides then."""
    site = request.headers.get("sec-fetch-site")
    if site not in (None, "same-origin", "none"):
        raise Denied("This was sent from another site, so nothing was changed.")
    origin = request.headers.get("origin")
    if site is None and origin not in (None, "null") and urlsplit(origin).netloc != request.headers.get("host"):
        raise Denied("This was sent from another site, so nothing was changed.")


def page_token(house: House, seen_by: str) -> str:
    """A fresh token for one rendering of a page, for a person's id (or ``DEMO``)."""
    facts = json.dumps([seen_by, house.now() + LIFETIME, secrets.token_hex(8)])
    return base64.urlsafe_b64encode(house.vault.seal(facts, _BOUND_TO)).decode()


def once_of(house: House, posted: Posted, seen_by: str) -> Once:
    """The form's idempotency key. Raises ``Denied`` for a token that is not this person's, ``NotNow`` for an old one."""
    try:
        sealed = base64.urlsafe_b64decode(posted.fields.get("form", ""))
        owner, until, nonce = json.loads(house.vault.open(sealed, _BOUND_TO))
    except (Denied, ValueError):
        owner, until, nonce = None, 0, ""
    if owner != seen_by:
        raise Denied("This form was not made by your own page, so nothing was changed. Open your page and try again.")
    if until <= house.now():
        raise NotNow("This page was open for a long time. Here it is afresh; nothing was changed yet.")
    given = sorted((name, value) for name, value in posted.fields.items() if name != "form")
    body = json.dumps(given).encode()
    key = hashlib.sha256(nonce.encode() + posted.path.encode() + body).hexdigest()
    # Under nobody's name: the page's token is random, and what is kept must not tell who asked for a rest or an end.
    return Once.of("page", key, "POST", posted.path, body)
