"""Pages of lists: ``?cursor&limit`` in, ``{"items": […], "next_cursor": …}`` out."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Query

from service.domain.errors import BadInput
from service.store.paging import MOST

USUAL = 50


class HasId(Protocol):
    """A row."""

    id: str


Row = TypeVar("Row", bound=HasId)


@dataclass(frozen=True, slots=True)
class PageAsked:
    """Which page, and how many."""

    cursor: str | None
    limit: int

    def of(self, rows: Sequence[Row]) -> tuple[list[Row], str | None]:
        """This page of a short list that was read whole, by ascending id."""
        after = sorted((row for row in rows if self.cursor is None or row.id > self.cursor), key=lambda row: row.id)
        shown = after[: self.limit]
        return shown, shown[-1].id if len(after) > self.limit else None


def page_of(prefix: str) -> Callable[..., Coroutine[Any, Any, PageAsked]]:
    """A dependency for lists of things whose ids begin with ``prefix``."""
    pattern = re.compile(rf"{prefix}_[0-9a-z]{{26}}", re.ASCII)

    async def asked(
        cursor: Annotated[str | None, Query(max_length=64, description="The `next_cursor` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = USUAL,
    ) -> PageAsked:
        if cursor is not None and not pattern.fullmatch(cursor):
            raise BadInput.of("cursor", "is not one that this list gave out")
        return PageAsked(cursor, limit)

    return asked


def listing(items: list[dict[str, Any]], next_cursor: str | None) -> dict[str, Any]:
    """The answer."""
    return {"items": items, "next_cursor": next_cursor}
