"""What changed in a collection: by sync-collection (RFC 6578), or by comparing ETags where a server has no
such thing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from caldav.elements import dav
from caldav.elements.dav import ValidSyncToken

from integrations.caldav import bodies, hrefs, multistatus
from integrations.caldav.session import Session

_MOST_PAGES = 1000
_LISTED = (dav.GetEtag, dav.ResourceType)


@dataclass(frozen=True, slots=True)
class State:
    """Where we stand: a sync ``token``, or else the ``etags`` by resource name of a server without sync."""

    token: str | None = None
    etags: dict[str, str] = field(default_factory=dict)

    def encode(self) -> str:
        """As JSON."""
        content: dict[str, Any] = {"token": self.token} if self.token is not None else {"etags": self.etags}
        return json.dumps(content, sort_keys=True, separators=(",", ":"))

    @classmethod
    def decode(cls, text: str | None) -> State | None:
        """The inverse; ``None`` for what is no state of ours, which is then begun afresh."""
        try:
            content = json.loads(text or "null")
        except ValueError:
            return None
        if not isinstance(content, dict):
            return None
        token, etags = content.get("token"), content.get("etags")
        if isinstance(token, str) and token:
            return cls(token=token)
        if isinstance(etags, dict):
            return cls(etags={str(name): str(etag) for name, etag in etags.items()})
        return None


@dataclass(frozen=True, slots=True)
class Changes:
    """Paths to fetch and paths that were said to be gone; a path may be both, if it went and came while we asked: what
    is there when it is fetched counts. With ``full`` there is nothing but what is to be fetched.

    ``state`` comes out of the same answers as the paths: a change in between is seen twice rather than
    never."""

    fetch: list[str]
    removed: list[str]
    state: State
    full: bool


class _TokenLostError(Exception):
    """The server does not know the token any more."""


class _NoSyncError(Exception):
    """The server has no working sync-collection."""


def changes(session: Session, url: str, state: State | None) -> Changes:
    """What changed in the collection ``url`` since ``state``; ``None`` lists everything."""
    if state is not None and state.token is None:
        return _compared(session, url, state)
    try:
        if state is not None:
            try:
                return _since(session, url, state.token)
            except _TokenLostError:
                pass
        return _since(session, url, None)
    except (_NoSyncError, _TokenLostError):
        return _compared(session, url, None)


def _since(session: Session, url: str, token: str | None) -> Changes:
    """All pages of a sync-collection report."""
    mine = _path(url)
    fetch: dict[str, None] = {}
    removed: dict[str, None] = {}
    asked = token
    for _ in range(_MOST_PAGES):
        page = _page(session, url, asked)
        truncated = False
        for resource in page.resources:
            path = hrefs.path(resource.href, url)
            if hrefs.same_path(path, mine):
                if resource.status not in {None, 200, 507}:
                    raise _NoSyncError
                truncated = truncated or resource.status == 507
            elif path.endswith("/"):
                continue  # a collection inside: no event of this calendar
            elif resource.status in {404, 410}:
                removed[path] = None
            else:
                fetch[path] = None
        if page.sync_token is None or (truncated and page.sync_token == asked):
            raise _NoSyncError  # nothing to go on from
        asked = page.sync_token
        if not truncated:
            return Changes(list(fetch), list(removed), State(token=asked), full=token is None)
    raise _NoSyncError


def _page(session: Session, url: str, token: str | None) -> multistatus.MultiStatus:
    answer = session.send("REPORT", url, body=bodies.sync_collection(token), headers={"Depth": "0"})
    if answer.status == 207:
        return multistatus.read(answer.body, session.host)
    # Radicale says 403, Xandikos 412, others 409 or 410: with a token, any of them may mean that it is too
    # old.
    if token is not None and (
        answer.status in {400, 403, 409, 410, 412, 507}
        or multistatus.names_condition(answer.body, str(ValidSyncToken.tag))
    ):
        raise _TokenLostError
    if answer.status in {400, 403, 405, 409, 412, 415, 422, 501, 507}:
        raise _NoSyncError
    raise session.trouble(answer)


def _compared(session: Session, url: str, state: State | None) -> Changes:
    """Every ETag against the one we know. A resource without an ETag counts as changed each time."""
    mine = _path(url)
    listing = session.ask("PROPFIND", url, bodies.propfind(_LISTED), depth=1)
    known = state.etags if state is not None else {}
    etags: dict[str, str] = {}
    fetch: list[str] = []
    prefix = mine.rstrip("/") + "/"
    for resource in listing.resources:
        path = hrefs.path(resource.href, url)
        inner = dav.Collection.tag in (resource.kinds(dav.ResourceType.tag) or ())
        if hrefs.same_path(path, mine) or inner or path.endswith("/") or resource.status in {404, 410}:
            continue
        name = path.removeprefix(prefix)
        etags[name] = resource.etag or ""
        if not resource.etag or known.get(name) != resource.etag:
            fetch.append(path)
    removed = [_member(prefix, name) for name in known if name not in etags]
    return Changes(fetch, removed, State(etags=etags), full=state is None)


def _member(prefix: str, name: str) -> str:
    return name if name.startswith("/") else prefix + name


def _path(url: str) -> str:
    return hrefs.path(urlsplit(url).path or "/", url)
