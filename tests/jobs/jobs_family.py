"""Starts, hears, lets go on and kills worker processes."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHILD = Path(__file__).parent / "jobs_child.py"
PATIENCE = 60.0


class Child:
    """One worker process."""

    def __init__(self, url: str, folder: Path, *points: str) -> None:
        command = [sys.executable, str(CHILD), url, str(folder), *points]
        log = (folder / f"child-{len(list(folder.glob('child-*')))}.log").open("wb")
        with log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, bufsize=1
            )
        self.pid = self._process.pid
        self._lines: queue.Queue[str] = queue.Queue()
        self._ear = threading.Thread(target=self._listen, daemon=True)
        self._ear.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.strip())
        self._lines.put("")

    def hear(self) -> str:
        """The next line; empty when it has ended. Fails when it stays silent for too long."""
        try:
            return self._lines.get(timeout=PATIENCE)
        except queue.Empty:
            pytest.fail("the worker process says nothing more")

    def ready(self) -> str:
        """Waits until it works; returns its worker's name."""
        line = self.hear()
        assert line.startswith("ready "), line
        return line.removeprefix("ready ")

    def hear_all(self, lines: set[str]) -> None:
        """Waits until it has said all of these, in any order, and nothing else."""
        heard: set[str] = set()
        while heard != lines:
            line = self.hear()
            assert line in lines, f"{line!r} after {heard}"
            heard.add(line)

    def go_on(self) -> None:
        """Opens its gate."""
        assert self._process.stdin is not None
        self._process.stdin.write("go on\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self._process.send_signal(signal.SIGKILL)
        self.ended()

    def ended(self) -> int:
        """Waits for its end."""
        code = self._process.wait(timeout=PATIENCE)
        self._ear.join(timeout=PATIENCE)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        return code

    def end(self) -> int:
        """Lets it end by itself: its work is finished first."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self.ended()

    def over(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None


@contextmanager
def children(url: str, folder: Path, *points: str, count: int = 1) -> Iterator[list[Child]]:
    """Worker processes, killed in the end where they still run."""
    made = [Child(url, folder, *points) for _ in range(count)]
    try:
        yield made
    finally:
        for child in made:
            if not child.over():
                child.kill()


def effects(folder: Path) -> list[str]:
    """What has happened outside, in order."""
    file = folder / "effects"
    return file.read_text().splitlines() if file.exists() else []
