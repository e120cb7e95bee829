"""The HTTP side: takes requests, checks them, hands them to the world, and breaks what it was told to break."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.emulators.google.faults import RETRY_AFTER, Fault, Faults
from tests.emulators.google.oauth import OAuthProblem
from tests.emulators.google.problems import Problem

if TYPE_CHECKING:
    from tests.emulators.google.emulator import GoogleEmulator

Answer = tuple[int, dict[str, str], bytes]
_BROKEN = {Fault.BROKEN: (500, "backendError"), Fault.BUSY: (503, "backendError")}


class Server(ThreadingHTTPServer):
    """Answers on a loopback port of its own until it is closed."""

    daemon_threads = True

    def __init__(self, emulator: GoogleEmulator, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.emulator = emulator
        self._live: set[socket.socket] = set()
        self._live_lock = threading.Lock()
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Lets go of every connection."""
        self.shutdown()
        self._thread.join(5)
        with self._live_lock:
            live = list(self._live)
        for one in live:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._live_lock:
            self._live.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._live_lock:
            self._live.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_: object) -> None:
        """A client that goes away in the middle is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024  # head and body in one packet, or each answer waits for the other side's delayed ACK
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        emulator, faults = self.server.emulator, self.server.emulator.faults
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        method = emulator.method_of(self.command, parts.path)
        order = faults.take(method)
        if order is not None and not order.after:
            self._break(order.fault, faults)
            return
        answer = self._answered(emulator, method, parts.path, parts.query, body)
        if order is not None:
            self._break(order.fault, faults)
            return
        self._send(*answer)

    def _answered(self, emulator: GoogleEmulator, method: str, path: str, query: str, body: bytes) -> Answer:
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            if method.startswith("oauth."):
                form = dict(parse_qsl(body.decode())) if body else {}
                return emulator.sign_in(method, {**dict(parse_qsl(query)), **form}, headers)
            status, content = emulator.call(self.command, path, parse_qs(query, keep_blank_values=True), headers, body)
            extra = {"ETag": content["etag"]} if content and "etag" in content else {}
            return status, extra, b"" if content is None else json.dumps(content).encode()
        except OAuthProblem as problem:
            wrong = {"error": problem.error, "error_description": problem.description}
            return problem.status, {}, json.dumps(wrong).encode()
        except Problem as problem:
            more = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
            if problem.status == 401:
                more["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
            return problem.status, more, json.dumps(problem.body()).encode()
        except Exception as mistake:
            emulator.mistakes.append(mistake)  # shown when the emulator is closed
            return 500, {}, b"the emulator is broken"

    def _break(self, fault: Fault, faults: Faults) -> None:
        if fault is Fault.HANGS:
            faults.released.wait(60)
            self.close_connection = True
        elif fault is Fault.CUT:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{")
            self.wfile.flush()
            self.close_connection = True
        elif fault is Fault.NONSENSE:
            self._send(200, {}, b'{"kind": "calendar#even')
        elif fault is Fault.THROTTLED:
            problem = Problem(429, "rateLimitExceeded", "Too Many Requests")
            self._send(429, {"Retry-After": str(RETRY_AFTER)}, json.dumps(problem.body()).encode())
        elif fault is Fault.RATE_LIMITED:
            problem = Problem(403, "rateLimitExceeded", "Rate Limit Exceeded")
            self._send(403, {}, json.dumps(problem.body()).encode())
        else:
            status, reason = _BROKEN[fault]
            self._send(status, {}, json.dumps(Problem(status, reason).body()).encode())

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        if body:
            self.send_header("Content-Type", "application/json; charset=UTF-8")
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
