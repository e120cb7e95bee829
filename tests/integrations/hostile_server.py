"""A small web server on the loopback that misbehaves on demand, for the tests of everything outgoing."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpcore2


@dataclass
class Seen:
    """One request as it came in."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """What the server has seen; ``stop`` is set when it must let go."""

    port: int
    seen: list[Seen] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


Handler = Callable[[socket.socket, Seen, Site], None]


def answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """A whole, honest answer; ``content_type="text/html"`` becomes ``content-type: text/html``."""
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def always(data: bytes) -> Handler:
    """Sends the same bytes for every request and keeps the connection open."""
    return lambda conn, seen, site: conn.sendall(data)


def then_close(data: bytes) -> Handler:
    """Sends the bytes and hangs up."""

    def handle(conn: socket.socket, seen: Seen, site: Site) -> None:
        conn.sendall(data)
        conn.shutdown(socket.SHUT_RDWR)

    return handle


def drip(head: bytes, drop: bytes = b"x", every: float = 0.02) -> Handler:
    """Sends ``head``, then a drop at a time, for ever."""

    def handle(conn: socket.socket, seen: Seen, site: Site) -> None:
        conn.sendall(head)
        while not site.stop.wait(every):
            conn.sendall(drop)

    return handle


def hang(conn: socket.socket, seen: Seen, site: Site) -> None:
    """Never answers."""
    site.stop.wait(30)


@contextlib.contextmanager
def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """Runs the server while the block runs."""
    listener = socket.create_server(("127.0.0.1", 0))
    site = Site(listener.getsockname()[1])

    def one(conn: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), conn:
            if tls is not None:
                conn = tls.wrap_socket(conn, server_side=True)
            with conn, conn.makefile("rb") as reader:
                while (line := reader.readline().decode().strip()) and not site.stop.is_set():
                    headers: dict[str, str] = {}
                    while text := reader.readline().decode().strip():
                        name, _, value = text.partition(":")
                        headers[name.lower()] = value.strip()
                    body = reader.read(int(headers.get("content-length", "0")))
                    seen = Seen(line, headers, body)
                    site.seen.append(seen)
                    handler(conn, seen, site)

    def accept() -> None:
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(conn,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


class Loopback(httpcore2.NetworkBackend):
    """Stands in for the internet: whatever public address is called, the loopback answers. Remembers the
    calls."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore2.NetworkStream:
        self.called.append(host)
        return httpcore2.SyncBackend().connect_tcp("127.0.0.1", port, timeout=timeout)


def names(**hosts: list[str]) -> Callable[[str, int], list[str]]:
    """A resolver that knows these hosts (``a_example`` is a.example) and no other."""
    table = {host.replace("_", "."): found for host, found in hosts.items()}

    def resolve(host: str, port: int) -> list[str]:
        try:
            return table[host]
        except KeyError:
            raise OSError("no such host") from None

    return resolve
