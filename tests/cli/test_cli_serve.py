"""`holdfast serve` and `holdfast worker` as processes, and what they refuse."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_hand import Hand

from service.cli.server import bind
from service.jobs.single_process import SingleProcess
from tests.databases import postgres


@contextmanager
def process(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own, ended when the block ends."""
    running = subprocess.Popen(
        [sys.executable, "-c", "from service.cli import main; main()", *arguments],
        env={**os.environ, **variables, "PYTHONPATH": str(Path(__file__).parent.parent.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.communicate()


def get(address: str) -> tuple[int, bytes]:
    """Asks until the server, which has said that it listens, answers."""
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.status, answer.read()


@pytest.mark.slow
def test_serving_on_a_free_port_until_told_to_stop(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/holdfast.sqlite"
    with process("serve", "--port", "0", HOLDFAST_DATABASE_URL=database) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        assert line.startswith("Holdfast listens on http://127.0.0.1:"), running.communicate()
        address = line.split()[-1]
        assert get(f"{address}/healthz")[0] == 200
        assert get(f"{address}/readyz")[0] == 200
        assert "/v1/people" in json.loads(get(f"{address}/openapi.json")[1])["paths"]
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=30)
        # uvicorn finishes its work and then lets the signal end the process, as supervisors expect.
        assert running.returncode in {0, -signal.SIGTERM, 143}, err
    assert (tmp_path / "holdfast.sqlite").exists()


@pytest.mark.slow
def test_a_worker_on_postgresql_until_told_to_stop() -> None:
    with (
        postgres() as url,
        process("worker", HOLDFAST_DATABASE_URL=url, HOLDFAST_SECRET_KEY="k" * 40) as running,
    ):
        assert running.stdout is not None
        assert running.stdout.readline() == "Holdfast works. Stop with Ctrl-C.\n", running.communicate()
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=30)
        assert running.returncode == 0


def test_a_port_that_is_taken(holdfast: Hand, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        holdfast("serve", "--port", port).refused("--port", f"127.0.0.1:{port}", "choose another")
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_is_not_ours(holdfast: Hand) -> None:
    holdfast("serve", "--host", "192.0.2.1", "--port", "0").refused("192.0.2.1")
    holdfast("serve", "--host", "no such host", "--port", "0").refused("no such host")


def test_bad_settings(holdfast: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_SYNC_SECONDS", "often")
    holdfast("serve", "--port", "0").refused("HOLDFAST_SYNC_SECONDS")
    holdfast("worker").refused("HOLDFAST_SYNC_SECONDS")


def test_two_processes_on_one_sqlite_file(holdfast: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "holdfast.sqlite"
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"sqlite:///{path}")
    lock = SingleProcess(path)
    lock.acquire()
    holdfast("serve", "--port", "0").refused("another Holdfast process")
    lock.release()
    assert not path.exists()


def test_a_worker_needs_postgresql(holdfast: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_DATABASE_URL", f"sqlite:///{tmp_path}/holdfast.sqlite")
    holdfast("worker").refused("holdfast serve", "HOLDFAST_DATABASE_URL", "PostgreSQL")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_ctrl_c_twice_ends_it_as_quietly_as_once(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/holdfast.sqlite"
    with process("serve", "--port", "0", HOLDFAST_DATABASE_URL=database) as running:
        assert running.stdout is not None
        address = running.stdout.readline().split()[-1]
        assert get(f"{address}/healthz")[0] == 200
        running.send_signal(signal.SIGINT)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
        assert running.returncode in (0, 130)  # the second may come when all is done already
    assert "Traceback" not in err
    assert "set HOLDFAST_PUBLIC_URL" in err


def test_an_answer_does_not_wait_for_its_head_to_be_acknowledged() -> None:
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
