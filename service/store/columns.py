"""Columns that many tables have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Column


def instant(*, nullable: bool = False, index: bool = False) -> Any:
    """Epoch seconds."""
    return Column(BigInteger, nullable=nullable, index=index)


def json() -> Any:
    """A document that is always there."""
    return Column(JSON, nullable=False)
