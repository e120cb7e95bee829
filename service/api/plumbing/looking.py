"""Short work with the database from a coroutine, on the event loop itself: no thread is asked.

On SQLite it is a call into a library. On PostgreSQL the same plain functions run in a greenlet (SQLAlchemy's), and wherever
they wait for the server, the loop goes on with other requests: threads that compute would take the interpreter from one
another, which took as long again as the work itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.util import greenlet_spawn

from service.app.house import House

Given = ParamSpec("Given")
Found = TypeVar("Found")


async def looked(
    house: House, work: Callable[Concatenate[House, Given], Found], *args: Given.args, **kwargs: Given.kwargs
) -> Found:
    """What ``work`` gives, which is called with the house as the loop sees it. It must wait for nobody but the database, and
    compute for a millisecond or so."""
    if house.looks_at_once:
        return work(house, *args, **kwargs)
    return await greenlet_spawn(partial(work, house.on_the_loop, *args, **kwargs))
