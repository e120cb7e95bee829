"""Idempotency-Key: the same POST sent twice is carried out once and answered twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request

from service.api.plumbing.access import Calling
from service.app.house import House
from service.app.once import CarriedOut, Once, seen_before
from service.domain.errors import BadInput, HoldfastError

_KEY = re.compile(r"[\x20-\x7e]{1,255}", re.ASCII)


async def _once(
    request: Request,
    caller: Calling,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Any text of 1 to 255 printable ASCII characters. The same request sent again under the same key "
            "is carried out once; another request under it is refused (422).",
            examples=["3f0c9d1e-book-ada"],
        ),
    ] = None,
) -> Once | None:
    if idempotency_key is None:
        return None
    if not _KEY.fullmatch(idempotency_key) or idempotency_key.isspace():
        raise BadInput.of("Idempotency-Key", "must have 1 to 255 printable ASCII characters")
    path = request.url.path
    return Once.of(caller.key_id, idempotency_key, request.method, path, await request.body())


Repeatable = Annotated[Once | None, Depends(_once)]


@dataclass(frozen=True, slots=True)
class Done:
    """What a POST made, now or earlier."""

    resource_id: str
    replayed: bool


def carry_out(house: House, once: Once | None, work: Callable[[], str | None], *, about: str = "") -> Done:
    """Does ``work`` unless it was done before. ``about``: the id to name where ``work`` returns none."""
    try:
        return Done(work() or about, False)
    except CarriedOut as done:
        return Done(done.resource_id or about, True)
    except HoldfastError:
        # A twin of this request may have finished just now, and be the very reason for this failure.
        try:
            seen_before(house, once)
        except CarriedOut as done:
            return Done(done.resource_id or about, True)
        raise
