"""Structured logs: one JSON line an event on stderr. What could be a secret is taken out before it is written."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_KEYS = re.compile(r"secret|password|token|authorization|api_key|cookie|credential", re.IGNORECASE)
SECRET_TEXTS = re.compile(
    r"(whsec_|hf_)[A-Za-z0-9+/=_-]{8,}|(?i:bearer|basic)\s+[A-Za-z0-9+/=._~-]{6,}|//[^/\s:@]+:[^/\s@]+@|/(?:me|feeds)/[A-Za-z0-9_-]{16,}"
)


def scrub(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces values under telling names, and telling texts anywhere."""
    for key, value in event.items():
        if SECRET_KEYS.search(key):
            event[key] = "[secret]"
        elif isinstance(value, str):
            event[key] = SECRET_TEXTS.sub("[secret]", value)
    return event


def configure_logs(level: int = logging.INFO) -> None:
    """Sends structlog's and the standard library's logs through one pipeline."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        scrub,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("alembic", "dbos", "uvicorn.error", "uvicorn.access", "httpx2", "httpcore2"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
