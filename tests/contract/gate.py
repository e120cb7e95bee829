"""A gate between an adapter and a server: lets everything through, or makes the server hang, break off or talk nonsense."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

NONSENSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 34\r\nConnection: close\r\n\r\n"
    b"<html><body>Hello!</body></html>\r\n"
)
HALF = b"HTTP/1.1 207 Multi-Status\r\nContent-Type: text/xml\r\nContent-Length: 5000\r\n\r\n<?xml version="


class Gate:
    """Listens on a loopback port of its own and hands on to ``target`` (host, port)."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._mode = "open"
        self._live: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """Requests are taken and never answered."""
        yield from self._as("hang")

    @contextlib.contextmanager
    def cutting(self) -> Iterator[None]:
        """Every answer breaks off in its first line."""
        yield from self._as("cut")

    @contextlib.contextmanager
    def talking_nonsense(self) -> Iterator[None]:
        """Every answer is a web page."""
        yield from self._as("nonsense")

    def close(self) -> None:
        """Lets go of everything."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._drop()
        self._thread.join(5)

    def _as(self, mode: str) -> Iterator[None]:
        self._mode = mode
        self._drop()  # a kept-alive connection must not slip past
        try:
            yield
        finally:
            self._mode = "open"
            self._drop()

    def _drop(self) -> None:
        with self._lock:
            live = list(self._live)
        for one in live:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                conn, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn: socket.socket) -> None:
        with self._kept(conn):
            mode = self._mode
            if mode == "open":
                with contextlib.suppress(OSError), socket.create_connection(self._target) as far, self._kept(far):
                    back = threading.Thread(target=_pump, args=(far, conn), daemon=True)
                    back.start()
                    _pump(conn, far)
                    back.join(5)
                return
            with contextlib.suppress(OSError):
                conn.recv(65536)
                if mode == "hang":
                    while conn.recv(65536):
                        pass
                conn.sendall(HALF if mode == "cut" else NONSENSE)

    @contextlib.contextmanager
    def _kept(self, conn: socket.socket) -> Iterator[None]:
        with self._lock:
            self._live.add(conn)
        try:
            with conn:
                yield
        finally:
            with self._lock:
                self._live.discard(conn)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for one in (source, sink):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
