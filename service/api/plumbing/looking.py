"""Short work from a coroutine: at once where the database is a library, in one of a few threads where it is over a network.

A few, because threads that compute take the interpreter from one another: with forty, as the framework has for what may take
its time, the same work takes half as long again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from service.app.house import House

FEW = 4

Given = ParamSpec("Given")
Found = TypeVar("Found")
_few: RunVar[anyio.CapacityLimiter] = RunVar("holdfast_few_threads")


async def looked(house: House, work: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs) -> Found:
    """What ``work`` gives. It must do nothing but look (``house.looking``) and compute, for a millisecond or so."""
    if house.looks_at_once:
        return work(*args, **kwargs)
    return await in_few_threads(work, *args, **kwargs)


async def in_few_threads(work: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs) -> Found:
    """The same in a thread. It must wait for nobody but the database."""
    limiter = _few.get(None)
    if limiter is None:
        _few.set(limiter := anyio.CapacityLimiter(FEW))
    return await anyio.to_thread.run_sync(partial(work, *args, **kwargs), limiter=limiter)
