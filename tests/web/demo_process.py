"""The demo as its own process, started and stopped as a person does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
COMMAND = "import sys; from service.cli import run; sys.exit(run(sys.argv[1:]))"
PATIENCE = 90


@dataclass
class DemoProcess:
    """A running demo."""

    process: subprocess.Popen[str]
    address: str = ""
    printed: str = ""
    reader: threading.Thread = field(default_factory=threading.Thread)

    def read(self) -> None:
        """Keeps what it prints until it ends, so that it never waits for a reader."""
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.printed += line

    def stop(self, how: int = signal.SIGINT) -> int:
        """As Ctrl-C does (or a service manager, with SIGTERM); its exit code."""
        self.process.send_signal(how)
        code = self.process.wait(60)
        self.reader.join(10)
        return code

    def started(self) -> bool:
        """Waits until it says where to open it; false when it ended before."""
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and (self.reader.is_alive() or self.printed):
            found = re.search(r"open (http://\S+?)/\s[\s\S]*Ctrl-C", self.printed)
            if found:
                self.address = found[1]
                return True
            if not self.reader.is_alive():
                return False
            self.reader.join(0.1)
        return False


def start_demo(temporary: Path, *arguments: str) -> DemoProcess:
    """Starts it in an empty folder, with a configuration around it that it must not touch; waits for the address."""
    surroundings = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")},
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(temporary),
        "HOLDFAST_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "HOLDFAST_SMTP_URL": "smtp://127.0.0.1:1",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "demo", "--port", "0", *arguments],
        cwd=temporary,
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    demo = DemoProcess(process)
    if not demo.started():
        process.kill()
        process.wait()
        raise AssertionError(f"the demo did not start:\n{demo.printed}")
    return demo
