"""All tables, wherever they are written: for whoever walks over the metadata."""

from __future__ import annotations

import importlib
import pkgutil

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from service import store


def every_table() -> MetaData:
    """The metadata, after every module of this room was read."""
    for module in pkgutil.iter_modules(store.__path__):
        if not module.ispkg:
            importlib.import_module(f"{store.__name__}.{module.name}")
    return SQLModel.metadata
