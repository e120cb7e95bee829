"""Runs commands as a person would and writes small calendars for them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.cli import run


@dataclass
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its stdout, which must be JSON and nothing else."""
        return json.loads(self.out)

    def refused(self, *words: str, code: int = 2) -> None:
        """Nothing on stdout, one line on stderr with all of ``words``, and the exit code."""
        assert (self.code, self.out) == (code, "")
        assert self.err.startswith("holdfast: ") and self.err.endswith("\n") and self.err.count("\n") == 1, self.err
        for word in words:
            assert word in self.err


class Hand:
    """Types commands."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Ran:
        self._capsys.readouterr()
        code = run([str(one) for one in arguments])
        out, err = self._capsys.readouterr()
        return Ran(code, out, err)


def calendar(*events: Iterable[str], zone: str | None = None, head: Iterable[str] = ()) -> str:
    """An .ics text; each event is its lines between BEGIN and END, without UID and DTSTAMP."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//test//EN"]
    lines += [f"X-WR-TIMEZONE:{zone}"] if zone else []
    lines += head
    for at, event in enumerate(events):
        own = list(event)
        uid = [] if any(line.startswith("UID") for line in own) else [f"UID:event-{at}@example.org"]
        lines += ["BEGIN:VEVENT", "DTSTAMP:20260101T000000Z", *uid, *own, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def written(folder: Path, name: str, text: str | bytes) -> Path:
    """The text in a file."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path
