"""On SQLite exactly one process may work: a lock on a file beside the database, which the system frees when it dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from service.domain.errors import BadInput

SETTING = "HOLDFAST_DATABASE_URL"


class SingleProcess:
    """Holds ``<database>.lock`` while in use. The file stays behind: what counts is the lock on it, not that it is there."""

    def __init__(self, database: Path) -> None:
        database = database.resolve()  # two paths to one file are one database
        self._path = database.with_name(database.name + ".lock")
        self._file: int | None = None

    def acquire(self) -> None:
        """Raises ``BadInput`` when another process works on this database, or when the folder cannot be written."""
        if self._file is not None:
            return
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise BadInput.of(SETTING, f"{self._path} cannot be written ({error.strerror})") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise BadInput.of(
                SETTING, "another Holdfast process serves this SQLite file; stop it, or use PostgreSQL for several"
            ) from None
        self._file = descriptor

    def release(self) -> None:
        """Frees it; freeing twice is fine."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
