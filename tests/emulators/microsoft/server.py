"""A threaded HTTPS server on a loopback port, and the faults it can be told to have."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.emulators.microsoft.tls import server_context

FAULTS = ("429", "403", "500", "503", "hang", "cut", "malformed", "html")


@dataclass(frozen=True)
class Request:
    """One request. ``path`` is decoded in parts, ``query`` holds each name once."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    base: str

    @property
    def parts(self) -> list[str]:
        return [unquote(it) for it in self.path.strip("/").split("/")]

    @property
    def preferences(self) -> set[str]:
        return {it.strip() for it in self.headers.get("Prefer", "").split(",") if it.strip()}


@dataclass
class Answer:
    """One answer; ``body`` is JSON unless it is text already."""

    status: int
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        if self.body is None:
            return b""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclass
class Fault:
    """What is wrong with the calls of one operation. ``times`` is how often (``None``: for good); ``after`` does what was
    asked first, so that only the answer is lost; ``skip`` calls go well before."""

    operation: str
    kind: str
    times: int | None = 1
    after: bool = False
    retry_after: int | None = 7
    skip: int = 0


class Faults:
    """The faults in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: list[Fault] = []
        self.met = 0

    def on(
        self,
        operation: str,
        kind: str,
        *,
        times: int | None = 1,
        after: bool = False,
        retry_after: int | None = 7,
        skip: int = 0,
    ) -> None:
        """``operation`` is its name in ``MicrosoftEmulator.calls``, or ``*``."""
        assert kind in FAULTS, kind
        with self._lock:
            self._due.append(Fault(operation, kind, times, after, retry_after, skip))

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            self._due.clear()

    def take(self, operation: str) -> Fault | None:
        """The fault that this call meets."""
        with self._lock:
            for fault in self._due:
                if fault.operation in {operation, "*"}:
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times == 0:
                            self._due.remove(fault)
                    self.met += 1
                    return fault
        return None


class HttpsServer:
    """Serves ``answer``. ``name`` says which operation a request is, for the faults."""

    def __init__(self, name: Callable[[Request], str], answer: Callable[[Request, str], Answer]) -> None:
        self.faults = Faults()
        self._released = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30
            wbufsize = 65536  # headers and body leave together
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                pass

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else b""
                url = urlsplit(self.path)
                request = Request(
                    method=self.command,
                    path=url.path,
                    query=dict(parse_qsl(url.query, keep_blank_values=True)),
                    headers=self.headers,
                    body=body,
                    base=f"https://{self.headers.get('Host')}",
                )
                operation = name(request)
                fault = server.faults.take(operation)
                if fault is not None and (not fault.after or fault.kind in {"429", "403"}):
                    server.misbehave(self, fault, operation, Answer(200, {"value": []}))
                    return
                given = answer(request, operation)
                if fault is not None:
                    server.misbehave(self, fault, operation, given)
                    return
                self.put(given)

            def put(self, given: Answer) -> None:
                content = given.content()
                kind = "text/html" if isinstance(given.body, str) else "application/json; charset=utf-8"
                self.send_response(given.status)
                for key, value in {"Content-Type": kind, **given.headers, "Content-Length": str(len(content))}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def get_request(self):
                raw, address = self.socket.accept()
                raw.settimeout(30)
                # The handshake is the thread's business: a client that hangs there must not stop the others.
                return context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False), address

            def handle_error(self, *_: object) -> None:
                pass

        context = server_context()
        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def misbehave(self, handler, fault: Fault, operation: str, real: Answer) -> None:
        """Answers as the fault wants it; ``real`` is the answer that should have come."""
        wait = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
        login = operation in {"discovery", "token", "keys", "authorize"}
        if fault.kind == "hang":
            self._released.wait(25)
            handler.close_connection = True
        elif fault.kind == "cut":
            handler.send_response(200)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", "4000")
            handler.end_headers()
            handler.wfile.write(b'{"value": [')
            handler.wfile.flush()
            handler.close_connection = True
            with contextlib.suppress(OSError):
                handler.connection.shutdown(socket.SHUT_RDWR)
        elif fault.kind == "malformed":
            handler.put(Answer(real.status if real.status in {200, 201, 202} else 200, '{"value": [{"id": "AAMk'))
        elif fault.kind == "html":
            handler.put(Answer(200, "<html><body>Hello!</body></html>"))
        elif fault.kind == "429":
            handler.put(error(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", wait))
        elif fault.kind == "403":
            handler.put(error(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."))
        elif login:
            handler.put(
                Answer(int(fault.kind), {"error": "temporarily_unavailable", "error_description": "AADSTS90033"})
            )
        else:
            handler.put(error(int(fault.kind), "InternalServerError", "An internal server error occurred."))


def error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An error as Graph words it."""
    inner = {"date": "2027-03-01T00:00:00", "request-id": "0", "client-request-id": "0"}
    return Answer(status, {"error": {"code": code, "message": message, "innerError": inner}}, dict(headers or {}))
