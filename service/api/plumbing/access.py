"""Who is calling, and how far their key reaches: read < write < admin.

The doorman stands in front of everything under ``/v1/``: no call can forget to ask. It looks at the key before the body
is read. A GET needs ``read``, any other method ``write``; what needs more stands in ``MORE``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.plumbing.looking import looked
from service.api.plumbing.problems import problem_of
from service.app.house import House
from service.app.manage_keys import SCOPES, identify
from service.domain.errors import Denied

KEY = "holdfast.caller"
GUARDED = "/v1/"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
# Keys, which model everybody is scored with, and addresses of coordinators' pages are for admins. An export holds mails, and
# mails hold addresses with which one can act for the person. How somebody's weeks fill up is for them: it needs a key that may
# act for them. A hand-over note is free text for whoever coordinates.
MORE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"/v1/keys(/.*)?"), "admin"),
    (re.compile(r"/v1/people/[^/]+/(export|churn)"), "write"),
    (re.compile(r"/v1/pairs/[^/]+/handover"), "write"),
    (re.compile(r"/v1/model-versions/[^/]+/activate"), "admin"),
    (re.compile(r"/v1/programmes/[^/]+/links"), "admin"),
)
NO_KEY = "Send a key: Authorization: Bearer hf_…"

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="An API key (`holdfast keys create`). Scopes: `read` < `write` < `admin`.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is and its scope."""

    key_id: str
    scope: str

    def reaches(self, scope: str) -> bool:
        """Whether the key's scope covers ``scope``."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)

    def check(self, scope: str) -> None:
        """Raises ``Denied`` where it does not."""
        if not self.reaches(scope):
            raise Denied(f"This key has the scope {self.scope}; the call needs {scope}.")


def needed(path: str, method: str) -> str:
    """The scope that a call needs."""
    for pattern, scope in MORE:
        if pattern.fullmatch(path):
            return scope
    return "read" if method in READING else "write"


class Doorman:
    """Lets no request into ``/v1/`` without a key that reaches far enough for its method."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app = app
        self.house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and path_of(scope).startswith(GUARDED):
            try:
                scope[KEY] = await self._caller(scope)
            except Denied as trouble:
                await problem_of(trouble).response()(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _caller(self, scope: Scope) -> Caller:
        plain = bearer_of(scope)
        if not plain:
            raise Denied(NO_KEY, authenticated=False)
        found = await looked(self.house, identify, plain)
        if found is None:
            raise Denied("This key is unknown or was revoked.", authenticated=False)
        caller = Caller(*found)
        caller.check(needed(path_of(scope), scope["method"]))
        return caller


def path_of(scope: Scope) -> str:
    """What the routes are matched against: behind a proxy, the path below the prefix it serves us under."""
    path, prefix = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path


def bearer_of(scope: Scope) -> str:
    """The key that comes with a request; empty where none does, or several."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(given) != 1:
        return ""
    scheme, _, plain = given[0].decode("latin-1").partition(" ")
    return plain.strip() if scheme.lower() == "bearer" else ""


async def caller_of(request: Request, _documented: Annotated[Any, Depends(bearer)]) -> Caller:
    """The caller. Raises ``Denied`` where no doorman has let anybody in: then nobody gets in."""
    caller = request.scope.get(KEY)
    if not isinstance(caller, Caller):
        raise Denied(NO_KEY, authenticated=False)
    return caller


Calling = Annotated[Caller, Depends(caller_of)]
