"""On SQLite exactly one process may work: a lock on a file beside the database, which the system frees when it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from service.domain.errors import BadInput


class SingleProcess:
    """Holds ``<database>.lock`` while in use."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._file: int | None = None

    def acquire(self) -> None:
        """Raises ``BadInput`` when another process works on this database."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise BadInput.of(
                "HOLDFAST_DATABASE_URL",
                "another Holdfast process serves this SQLite file; stop it, or use PostgreSQL for several",
            ) from None
        self._file = descriptor

    def release(self) -> None:
        """Frees it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
