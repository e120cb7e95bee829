"""A client that asks as fast as it is answered, over connections that stay open: raw sockets, one thread, one process.

``python -m benchmarks.load`` reads one JSON line (``port``, ``connections``, ``requests``: whole HTTP requests as text), says
``ready``, and then for each line ``SECONDS`` opens its connections, asks in turn for so long and prints ``{"answers",
"seconds", "refused", "p50_ms", "p99_ms"}``. Some 20 microseconds a request: no framework answers as fast, so it is never what
is measured.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

CHUNK = 1 << 18


class Line:
    """One connection and what has come on it since the last question."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.come = b""
        self.asked = 0.0

    def ask(self, request: bytes) -> None:
        """Sends a question."""
        self.come = b""
        self.asked = time.perf_counter()
        self.socket.sendall(request)

    def listen(self) -> int:
        """Takes what has come; the status once the answer is whole, 0 until then."""
        more = self.socket.recv(CHUNK)
        if not more:
            raise ConnectionError("the server closed the connection")
        self.come = self.come + more if self.come else more
        end = self.come.find(b"\r\n\r\n")
        if end < 0:
            return 0
        head = self.come[:end].lower()
        at = head.find(b"content-length:")
        if at < 0:
            raise ConnectionError("an answer without its length")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        return int(head[9:12]) if len(self.come) >= end + 4 + length else 0


def run(lines: list[Line], requests: list[bytes], seconds: float) -> dict[str, float]:
    """Asks on all lines at once until the time is over; every request in turn."""
    by_number = {line.socket.fileno(): line for line in lines}
    poll = select.epoll()
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    turn = refused = 0
    waits: list[float] = []
    began = time.perf_counter()
    until = began + seconds
    for line in lines:
        line.ask(requests[turn % len(requests)])
        turn += 1
    open_lines = len(lines)
    while open_lines:
        for number, _ in poll.poll():
            line = by_number[number]
            status = line.listen()
            if not status:
                continue
            now = time.perf_counter()
            refused += status >= 300
            waits.append(now - line.asked)
            if now < until:
                line.ask(requests[turn % len(requests)])
                turn += 1
            else:
                open_lines -= 1
    poll.close()
    taken = time.perf_counter() - began
    waits.sort()
    return {
        "answers": len(waits),
        "seconds": taken,
        "refused": refused,
        "p50_ms": waits[len(waits) // 2] * 1000,
        "p99_ms": waits[len(waits) * 99 // 100] * 1000,
    }


def main() -> None:
    """See above."""
    given = json.loads(sys.stdin.readline())
    requests = [text.encode("latin-1") for text in given["requests"]]
    print("ready", flush=True)
    for order in sys.stdin:
        lines = [Line(given["port"]) for _ in range(given["connections"])]
        print(json.dumps(run(lines, requests, float(order))), flush=True)
        for line in lines:
            line.socket.close()


if __name__ == "__main__":
    main()
