"""A CalDAV server small enough to misbehave on purpose: what real servers in the field do and the two in our tests do not."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote
from urllib.request import parse_http_list, parse_keqv_list
from xml.sax.saxutils import escape

from servers import PASSWORD, USER

HOME = "/dav/home/"
PRINCIPAL = "/dav/me/"
_D, _C = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
_PLACES = f"<D:current-user-principal><D:href>{PRINCIPAL}</D:href></D:current-user-principal>"
_HOMES = f"<C:calendar-home-set><D:href>{HOME}</D:href></C:calendar-home-set>"


@dataclass
class Asked:
    """One request and what it was answered with."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int


@dataclass
class MiniDav:
    """The ways of a server. ``canned`` answers (method, path) with (status, headers, body) before anything else."""

    sync: bool = True
    page: int | None = None  # how many changes a sync-collection answer holds at most
    multiget: bool = True
    etag_on_put: bool = True
    login: str | None = None  # "basic" or "digest"
    lost: tuple[int, str] = (403, "<D:error xmlns:D='DAV:'><D:valid-sync-token/></D:error>")
    canned: dict[tuple[str, str], tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    host: str = "127.0.0.1"
    port: int = 0
    _items: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # path -> (etag, text)
    _changes: list[str] = field(default_factory=list)  # every path that changed, in order
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _oldest: int = 0  # tokens before this are forgotten

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @contextlib.contextmanager
    def running(self) -> Iterator[MiniDav]:
        mini = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, extra, answer = mini.answer(self.command, self.path, headers, body)
                mini.asked.append(Asked(self.command, self.path, headers, body, status))
                self.send_response_only(status)
                for name, value in {**extra, "Content-Length": str(len(answer))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)
                self.wfile.flush()

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                pass

        server = Quiet((self.host, 0), Handler)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)

    def forget(self) -> None:
        """Every token handed out so far becomes unknown."""
        with self._lock:
            self._changes.append(HOME)
            self._oldest = len(self._changes)

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        with self._lock:
            if self.login and (refusal := self._refusal(method, headers)):
                return refusal
            if (method, path) in self.canned:
                return self.canned[method, path]
            path = unquote(path)
            kind = f"_{method.lower()}"
            return getattr(self, kind)(path, headers, body) if hasattr(self, kind) else _plain(405)

    def _refusal(self, method: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes] | None:
        given = headers.get("authorization", "")
        if self.login == "basic":
            good = given == "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            return None if good else (401, {"WWW-Authenticate": 'Basic realm="mini"'}, b"")
        challenge = {"WWW-Authenticate": 'Digest realm="mini", nonce="abc123", qop="auth", algorithm=SHA-256'}
        if not given.startswith("Digest "):
            return 401, challenge, b""
        said = parse_keqv_list(parse_http_list(given[7:]))
        secret = _hash(f"{USER}:mini:{PASSWORD}")
        asked = _hash(f"{method}:{said['uri']}")
        expected = _hash(f"{secret}:abc123:{said['nc']}:{said['cnonce']}:auth:{asked}")
        return None if said["response"] == expected else (401, challenge, b"")

    def _options(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        return 200, {"DAV": "1, 3, calendar-access"}, b""

    def _mkcalendar(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        self._items[path] = ("", b"")
        return _plain(201)

    def _get(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        if path not in self._items or path.endswith("/"):
            return _plain(404)
        etag, text = self._items[path]
        return 200, {"ETag": etag, "Content-Type": "text/calendar"}, text

    def _put(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        known = self._items.get(path)
        if headers.get("if-none-match") == "*" and known:
            return _plain(412)
        if "if-match" in headers and (not known or headers["if-match"] != known[0]):
            return _plain(412)
        self._changes.append(path)
        etag = f'"{len(self._changes)}"'
        self._items[path] = (etag, body)
        return (204 if known else 201), ({"ETag": etag} if self.etag_on_put else {}), b""

    def _delete(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        known = self._items.get(path)
        if not known:
            return _plain(404)
        if "if-match" in headers and headers["if-match"] != known[0]:
            return _plain(412)
        for name in [name for name in self._items if name == path or (path.endswith("/") and name.startswith(path))]:
            del self._items[name]
            self._changes.append(name)
        return _plain(204)

    def _propfind(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        if path not in {"/", HOME, PRINCIPAL, *self._items}:
            return _plain(404)
        inside = [
            name
            for name in self._items
            if name != path and name.startswith(path) and "/" not in name[len(path) :].rstrip("/")
        ]
        shown = [path, *(inside if headers.get("depth") == "1" else [])]
        return _multistatus(*(_found(name, self._described(name)) for name in shown))

    def _described(self, path: str) -> str:
        if not path.endswith("/"):
            return f"<D:getetag>{escape(self._items[path][0])}</D:getetag><D:resourcetype/>"
        kind = "<C:calendar/>" if path in self._items else "<D:principal/>" if path == PRINCIPAL else ""
        homes = _HOMES if path == PRINCIPAL else ""
        return f"<D:resourcetype><D:collection/>{kind}</D:resourcetype>{_PLACES}{homes}"

    def _report(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        root = ET.fromstring(body)
        if root.tag == f"{_D}sync-collection":
            return self._synced(path, root.findtext(f"{_D}sync-token") or "") if self.sync else _plain(501)
        if root.tag == f"{_C}calendar-multiget":
            wanted = [unquote(href.text or "") for href in root.iterfind(f"{_D}href")]
            return _multistatus(*map(self._with_data, wanted)) if self.multiget else _plain(501)
        wanted = [name for name in self._items if name.startswith(path) and name != path]
        if (match := root.find(f".//{_C}text-match")) is not None:
            uid = f"UID:{match.text}\r\n".encode()
            wanted = [name for name in wanted if uid in self._items[name][1]]
        return _multistatus(*map(self._with_data, wanted))

    def _synced(self, path: str, token: str) -> tuple[int, dict[str, str], bytes]:
        since = int(token.removeprefix("urn:token:")) if token else 0
        if token and since < self._oldest:
            status, text = self.lost
            return status, {"Content-Type": "application/xml"}, text.encode()
        seen: list[str] = []
        upto = since
        for name in self._changes[since:]:
            fresh = name.startswith(path) and name != path and name not in seen
            if fresh and self.page is not None and len(seen) == self.page:
                break
            upto += 1
            if fresh:
                seen.append(name)
        parts = [
            _found(name, self._described(name)) if name in self._items else _status(name, 404)
            for name in seen
            if name in self._items or token
        ]
        if upto < len(self._changes):
            parts.append(_status(path, 507))
        return _multistatus(*parts, f"<D:sync-token>urn:token:{upto}</D:sync-token>")

    def _with_data(self, path: str) -> str:
        if path not in self._items:
            return _status(path, 404)
        etag, text = self._items[path]
        data = escape(text.decode())
        return _found(path, f"<D:getetag>{escape(etag)}</D:getetag><C:calendar-data>{data}</C:calendar-data>")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(status: int) -> tuple[int, dict[str, str], bytes]:
    return status, {}, b""


def _multistatus(*parts: str) -> tuple[int, dict[str, str], bytes]:
    inside = re.sub(r"\r", "&#13;", "".join(parts))
    text = f'<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{inside}</D:multistatus>'
    return 207, {"Content-Type": "application/xml; charset=utf-8"}, text.encode()


def _found(path: str, properties: str) -> str:
    status = "<D:status>HTTP/1.1 200 OK</D:status>"
    return (
        f"<D:response><D:href>{escape(path)}</D:href>"
        f"<D:propstat><D:prop>{properties}</D:prop>{status}</D:propstat></D:response>"
    )


def _status(path: str, status: int) -> str:
    return f"<D:response><D:href>{escape(path)}</D:href><D:status>HTTP/1.1 {status} X</D:status></D:response>"
