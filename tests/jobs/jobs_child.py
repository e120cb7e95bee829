"""A worker in a process of its own, for tests that kill it: ``python jobs_child.py URL FOLDER POINT…``.

It says one word a line on stdout: ``ready``, ``at POINT`` when it holds at a point for ever, ``begun N`` for a gated job.
What a job does outside is one line in ``FOLDER/effects``. A line on stdin opens the gate; the end of stdin ends it.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from service.domain.errors import BadInput, Unreachable
from service.jobs import registry
from service.jobs.durable import DurableJobs
from service.jobs.registry import JOBS, Job
from service.jobs.single_process import SingleProcess
from service.ports.mailer import Mail, Sending
from service.store.engine import make_engine
from tests.house import make_house

GATE = threading.Event()
_once = threading.Lock()
_held: set[str] = set()


def say(words: str) -> None:
    """One line to the parent."""
    os.write(1, f"{words}\n".encode())


def effect(folder: Path, words: str) -> None:
    """Something that happens outside and cannot be taken back."""
    with (folder / "effects").open("a") as file:
        file.write(f"{words}\n")


class Points:
    """Where to hold. Each point holds the first who comes by; others pass."""

    def __init__(self, wanted: list[str]) -> None:
        self._wanted = set(wanted)

    def __call__(self, point: str) -> None:
        """Holds for ever, where this point is wanted."""
        with _once:
            if point not in self._wanted:
                return
            self._wanted.remove(point)
        say(f"at {point}")
        threading.Event().wait()


class LoudMailer:
    """Each mail is a line outside."""

    def __init__(self, folder: Path, hold: Points) -> None:
        self._folder, self._hold = folder, hold

    def send(self, mail: Mail) -> Sending:
        """See the port."""
        self._hold("before-mail")
        effect(self._folder, f"mail {mail.message_id}")
        self._hold("after-mail")
        return Sending.SENT


def gated(folder: Path) -> Callable[..., None]:
    """A job that waits for the gate in the middle."""

    def run(_house: Any, number: int) -> None:
        say(f"begun {number}")
        GATE.wait()
        effect(folder, f"gated {number} {os.getpid()}")

    return run


def flaky(folder: Path) -> Callable[..., None]:
    """A job that fails at its first try ever."""

    def run(_house: Any, number: int) -> None:
        marker = folder / f"tried-{number}"
        if not marker.exists():
            marker.touch()
            raise Unreachable("Not yet.")
        effect(folder, f"flaky {number}")

    return run


def around(job: Job, hold: Points, name: str) -> Job:
    """The job with points before and after its use case."""

    def run(house: Any, *args: Any) -> None:
        hold(f"before-{name}")
        job.run(house, *args)
        hold(f"after-{name}")

    return dataclasses.replace(job, run=run)


def main(url: str, folder: Path, points: list[str]) -> None:
    """Works until stdin ends."""
    if url.startswith("sqlite"):
        try:
            SingleProcess(Path(url.removeprefix("sqlite:///"))).acquire()
        except BadInput as refused:
            say(f"refused {refused.detail}")
            return
    hold = Points(points)
    engine = make_engine(url)
    jobs = DurableJobs(engine, poll_seconds=0.05, watch_seconds=0.2)
    house = dataclasses.replace(make_house(folder, engine=engine).house, jobs=jobs)
    house = dataclasses.replace(house, mailer=LoudMailer(folder, hold))
    local = house.calendar("local")
    create, put = local.create, house.webhooks.send

    def loud_create(*args: Any) -> Any:
        written = create(*args)
        hold("after-event")
        return written

    def loud_post(**facts: Any) -> Any:
        effect(folder, f"post {facts['event_id']}")
        answer = put(**facts)
        hold("after-post")
        return answer

    local.create = loud_create  # type: ignore[method-assign]
    house.webhooks.send = loud_post  # type: ignore[method-assign]
    JOBS["gated"], JOBS["flaky"] = Job(gated(folder)), Job(flaky(folder), (0,))
    for name in ("write_booking", "send_mail", "deliver_new"):
        JOBS[name] = around(JOBS[name], hold, name)
    retry = DurableJobs._try_again

    def held_retry(self: DurableJobs, *args: Any) -> None:
        hold("before-retry")
        retry(self, *args)
        hold("after-retry")

    DurableJobs._try_again = held_retry  # type: ignore[method-assign]
    jobs.start(house)
    say(f"ready {jobs.worker}")
    for _line in sys.stdin:
        GATE.set()
    jobs.stop()
    engine.dispose()


if __name__ == "__main__":
    assert registry.JOBS
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
