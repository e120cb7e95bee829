"""Real CalDAV servers as subprocesses on loopback ports, with storage of their own, and a client that is not ours."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx2

USER, PASSWORD = "alice", "correct horse"
_READY_SECONDS = 30.0


@dataclass(frozen=True)
class Server:
    """A running server. ``home`` is the path under which calendars are made; ``certificate`` where it speaks TLS."""

    host: str
    port: int
    home: str
    certificate: Path | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.certificate else 'http'}://{self.host}:{self.port}"

    def client(self) -> httpx2.Client:
        """A client that talks to it past any gate."""
        trust = ssl.create_default_context(cafile=str(self.certificate)) if self.certificate else True
        return httpx2.Client(base_url=self.url, auth=(USER, PASSWORD), timeout=20.0, trust_env=False, verify=trust)

    def make_calendar(self, name: str) -> str:
        """Makes an empty calendar and returns its path."""
        path = f"{self.home}{quote(name)}/"
        with self.client() as client:
            client.request("MKCALENDAR", path).raise_for_status()
        return path


@contextlib.contextmanager
def radicale(folder: Path) -> Iterator[Server]:
    """Radicale with a password file; it does no scheduling."""
    (folder / "users").write_text(f"{USER}:{PASSWORD}\n")
    config = folder / "config"

    def command(port: int) -> Sequence[str]:
        config.write_text(
            f"[server]\nhosts = 127.0.0.1:{port}\n"
            f"[auth]\ntype = htpasswd\nhtpasswd_filename = {folder / 'users'}\n"
            "htpasswd_encryption = plain\ndelay = 0\n"
            "[rights]\ntype = owner_only\n"
            f"[storage]\nfilesystem_folder = {folder / 'collections'}\n"
            "[logging]\nlevel = error\n"
        )
        return [sys.executable, "-m", "radicale", "--config", str(config)]

    with _running(command, folder) as port:
        server = Server("127.0.0.1", port, f"/{USER}/")
        with server.client() as client:
            client.request("PROPFIND", server.home, headers={"Depth": "0"}).raise_for_status()
        yield server


@contextlib.contextmanager
def xandikos(folder: Path, *options: str, email: str = "", tls: bool = False) -> Iterator[Server]:
    """Xandikos, open to everyone, or with ``tls`` and a password. It schedules for the address ``email``."""
    (folder / "users").write_text(f"{USER}:{{SHA}}{base64.b64encode(_sha1(PASSWORD)).decode()}\n")
    secure = ["--autocert", "--htpasswd", str(folder / "users")] if tls else []

    def command(port: int) -> Sequence[str]:
        places = ["-d", str(folder / "data"), "--state-dir", str(folder / "state")]
        listen = ["--no-detect-systemd", "-l", "localhost" if tls else "127.0.0.1", "-p", str(port)]
        main = ["serve", "--defaults", *places, *listen, *secure, *options]
        return [sys.executable, "-m", "xandikos", *main]

    with _running(command, folder, {"EMAIL": email}) as port:
        certificate = next((folder / "state").rglob("selfsigned.crt")) if tls else None
        yield Server("localhost" if tls else "127.0.0.1", port, "/user/calendars/", certificate)


def _sha1(text: str) -> bytes:
    return hashlib.sha1(text.encode()).digest()


@contextlib.contextmanager
def _running(
    command: Callable[[int], Sequence[str]], folder: Path, extra: dict[str, str] | None = None
) -> Iterator[int]:
    """Starts a server on a free port and waits until it takes connections; another port if that one was snatched."""
    environment = {**os.environ, "HOME": str(folder), "PYTHONWARNINGS": "ignore", **(extra or {})}
    for _ in range(3):
        port = free_port()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command(port), stdout=log, stderr=log, env=environment)
            try:
                if _ready(process, port):
                    yield port
                    return
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(10)
    raise RuntimeError(f"the server does not start:\n{(folder / 'log').read_text()[-2000:]}")


def free_port() -> int:
    """A loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ready(process: subprocess.Popen[bytes], port: int) -> bool:
    ends_at = time.monotonic() + _READY_SECONDS
    while time.monotonic() < ends_at:
        try:
            process.wait(0.05)  # the pause between two looks; returns only when the server has died
        except subprocess.TimeoutExpired:
            pass
        else:
            return False
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    return False
