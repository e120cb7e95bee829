"""Short reads from a coroutine: at once where the database is a library, in a thread where it answers over a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

from service.app.house import House

Given = ParamSpec("Given")
Found = TypeVar("Found")


async def looked(house: House, work: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs) -> Found:
    """What ``work`` gives. It must do nothing but look (``house.looking``) and compute, for a millisecond or so."""
    if house.looks_at_once:
        return work(*args, **kwargs)
    return await run_in_threadpool(work, *args, **kwargs)
