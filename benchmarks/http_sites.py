"""What the HTTP benchmark measures and needs: the product as ``holdfast serve`` runs it, FastAPI's own hello on the same
server, a receiver of webhooks, and sample people in a database. All on loopback.

``python -m benchmarks.http_sites hello|receiver`` serves one of the small ones and prints its port; ``minute`` and ``pair``
serve the product made forgetful.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

SIDE, EVENTS = 12, 140  # so many mentors and mentees, each of them a pair with each of the others
KEY = "a-key-for-measuring"
ZONES = ("America/New_York", "Europe/Berlin")
OUTCOMES = ("held", "held", "moved", "held", "held", "cancelled", "held", "held")


@dataclass(frozen=True)
class Site:
    """A server that answers."""

    process: subprocess.Popen[str]
    port: int

    def computed(self) -> float:
        """Seconds of processor time that it has used: what a crowded machine does not change."""
        parts = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(command: list[str], env: dict[str, str] | None = None) -> Iterator[Site]:
    """Starts a server that prints its port at the end of its first line; ends it afterwards."""
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        first = process.stdout.readline().strip()
        if not first:
            raise RuntimeError(f"{' '.join(command)} did not start")
        yield Site(process, int(first.rpartition(":")[2]))
    finally:
        process.send_signal(2)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def settings_of(database_url: str) -> dict[str, str]:
    """The environment of ``holdfast serve`` on a database."""
    ours = {
        "HOLDFAST_DATABASE_URL": database_url,
        "HOLDFAST_SECRET_KEY": "a secret for measuring, of no use elsewhere",
        "HOLDFAST_ALLOW_PRIVATE_URLS": "true",
        "HOLDFAST_SYNC_SECONDS": "3600",
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")} | ours


def seed(database_url: str, receiver: int, *, side: int = SIDE, events: int = EVENTS) -> tuple[str, list[str]]:
    """Busy people with a history, each mentor with each mentee, a webhook endpoint and a key: ``(key, pair ids)``."""
    from pydantic import SecretStr

    from service.app.connect_calendar import connect_calendar
    from service.app.keep_pair import create_pair
    from service.app.keep_person import create_person
    from service.app.manage_endpoints import create_endpoint
    from service.app.manage_keys import create_key
    from service.settings import Settings
    from service.wiring import build

    house = build(
        Settings(
            _env_file=None,  # type: ignore[call-arg]
            database_url=database_url,
            secret_key=SecretStr(settings_of(database_url)["HOLDFAST_SECRET_KEY"]),
            allow_private_urls=True,
        )
    ).house
    numbers = np.random.default_rng(20260301)
    people: list[list[str]] = [[], []]
    for seat, zone in enumerate(ZONES):
        for number in range(side):
            facts = {"name": f"P{number}-{seat}", "email": f"p{number}-{seat}@example.org", "time_zone": zone}
            people[seat].append(create_person(house, facts))
            content = _calendar(numbers, house.now(), events)
            connect_calendar(house, people[seat][-1], {"provider": "ics", "content": content})
    made = []
    for turn in range(side):
        for number, mentor in enumerate(people[0]):
            pair = {"mentor_id": mentor, "mentee_id": people[1][(number + turn) % side]}
            made.append(create_pair(house, {**pair, "cadence": {"every": 1, "unit": "week"}}))
            if not turn:
                _remember(house, made[-1], number)
    create_endpoint(house, {"url": f"http://127.0.0.1:{receiver}/hook"})
    _, key = create_key(house, name="measuring", scope="write")
    house.engine.dispose()
    return key, made


def expire(database_url: str) -> None:
    """Takes back what is open: a pair has room for ten proposals."""
    from service.store.engine import make_engine

    engine = make_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE proposal SET status = 'expired' WHERE status = 'open'")
    engine.dispose()


def _calendar(numbers: np.random.Generator, now: int, count: int) -> str:
    """``count`` events of 15 to 90 minutes in the five weeks from now, in the daytime of Europe and America."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Holdfast//benchmark//EN"]
    days, quarters = numbers.integers(0, 35, count), numbers.integers(6 * 4, 23 * 4, count)
    lengths = numbers.choice([1, 2, 2, 2, 3, 4, 4, 6], count)
    for number, (day, quarter, length) in enumerate(zip(days, quarters, lengths, strict=True)):
        start = now // 86400 * 86400 + int(day) * 86400 + int(quarter) * 900
        begins, ends = (
            datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ") for at in (start, start + int(length) * 900)
        )
        lines += [
            "BEGIN:VEVENT",
            f"UID:{number}",
            f"DTSTAMP:{begins}",
            f"DTSTART:{begins}",
            f"DTEND:{ends}",
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _remember(house: object, pair_id: str, number: int) -> None:
    """Earlier meetings, one a week, whose outcome is known."""
    from service.app.house import House
    from service.store.tables import Meeting

    assert isinstance(house, House)
    now = house.now()
    with house.writing() as session:
        for week, outcome in enumerate(OUTCOMES):
            start = now // 3600 * 3600 - (week + 1) * 7 * 86400 - number * 3600
            session.add(
                Meeting(
                    id=house.new_id("mtg"),
                    pair_id=pair_id,
                    status="held" if outcome != "cancelled" else "cancelled",
                    start=start,
                    end=start + 3600,
                    first_start=start,
                    first_kind=("core", "breakfast", "coffee")[week % 3],
                    first_outcome=outcome,
                    first_outcome_at=start - 86400 if outcome != "held" else start + 3600,
                    kind="core",
                    hold_probability=0.8,
                    ics_uid=house.new_id("uid"),
                    organizer="holdfast",
                    booking_status="none",
                    created_at=start - 8 * 86400,
                )
            )


def hello(listener: socket.socket) -> None:
    """FastAPI's own first example."""
    from fastapi import FastAPI

    from service.cli.server import make_server

    app = FastAPI()

    @app.get("/")
    async def root() -> dict[str, str]:
        return {"message": "Hello World"}

    make_server(app, lambda: print(f"hello:{listener.getsockname()[1]}", flush=True)).run(sockets=[listener])


def receiver(listener: socket.socket) -> None:
    """Takes every webhook and answers 204."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                at = head.find(b"content-length:")
                if at >= 0:
                    await reader.readexactly(int(head[at + 15 :].split(b"\r\n", 1)[0]))
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(take, sock=listener)
        print(f"receiver:{listener.getsockname()[1]}", flush=True)
        await server.serve_forever()

    asyncio.run(main())


def forget(what: str) -> None:
    """Makes this process work as where every request comes in another minute (no answer and no ranking is found kept), or,
    with ``pair``, is the first about its pair (nothing is: no candidates, nothing of what lies around them, no history).
    Raises ``AttributeError`` where the product keeps them under other names by now: else they would be measured warm."""
    from service.app import answer_slots, find_slots, memory, outlooks
    from service.app.rank_slots import Ranking

    def ranked_anew(ground: Any, search: Any, pair_memory: Any, terms: Any, limit: int) -> Ranking:
        return Ranking(outlooks.kept_outlook(ground, search), search, pair_memory, terms, limit=limit)

    limits: list[tuple[Any, str, Any]] = [(answer_slots, "MOST_KEPT", 0), (find_slots, "kept_ranking", ranked_anew)]
    if what == "pair":
        limits += [(memory, "MOST_KEPT", 0), (outlooks, "MOST_KEPT", 0)]
    for room, name, value in limits:
        getattr(room, name)
        setattr(room, name, value)


def forgetful(what: str) -> None:
    """``holdfast serve``, made to ``forget``."""
    from service.cli import main

    forget(what)
    sys.argv[1:] = ["serve", "--port", "0"]
    main()


def product(folder: Path, cold: str | None = None) -> list[str]:
    """The command that serves the product; run in ``folder`` so that no ``.env`` is read. ``cold``: see ``forgetful``."""
    del folder
    if cold:
        return [sys.executable, "-m", "benchmarks.http_sites", cold]
    return [str(Path(sys.executable).parent / "holdfast"), "serve", "--port", "0"]


if __name__ == "__main__":
    from service.cli.server import bind

    if sys.argv[1] in {"minute", "pair"}:
        forgetful(sys.argv[1])
        sys.exit()
    with suppress(KeyboardInterrupt):
        {"hello": hello, "receiver": receiver}[sys.argv[1]](bind("127.0.0.1", 0))
