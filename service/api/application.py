"""The FastAPI application: the API's routers, and around them what every request goes through.

Pages and other parts add their own routers with ``app.include_router``; what is not under ``/v1/`` needs no key.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from fastapi.middleware import Middleware
from fastapi.routing import APIRoute

from service.api import (
    busy,
    calendars,
    churn,
    feeds,
    health,
    hooks,
    keys,
    links,
    local_events,
    loop,
    meetings,
    model_versions,
    pairs,
    people,
    programmes,
    proposals,
    reviews,
    webhooks,
)
from service.api.metrics import Metrics
from service.api.plumbing import describe, problems
from service.api.plumbing.access import Doorman
from service.api.plumbing.body_limit import BodyLimit
from service.api.plumbing.every_request import EveryRequest
from service.api.plumbing.proposals_at_once import ProposalsAtOnce
from service.api.plumbing.slots_at_once import SlotsAtOnce
from service.app.house import House

# Routes are tried in this order, so what is asked most comes first.
NOUNS = (
    *(proposals, people, links, calendars, local_events, busy, churn, pairs, meetings, loop, reviews),
    *(programmes, model_versions, webhooks, keys),
)
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create_app(house: House, *, ready: Callable[[], dict[str, bool]], lifespan: Lifespan | None = None) -> FastAPI:
    """The application on a house. ``ready`` is what ``/readyz`` asks; ``lifespan`` begins and ends the background work."""
    metrics = Metrics(house)
    app = FastAPI(
        title="Holdfast",
        version="1",
        lifespan=lifespan,
        docs_url=None,  # the usual pages for it load scripts from another host
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        middleware=[
            Middleware(EveryRequest, metrics=metrics, https=house.public_url.startswith("https://")),
            Middleware(BodyLimit),
            Middleware(SlotsAtOnce, house=house),
            Middleware(Doorman, house=house),
            Middleware(ProposalsAtOnce, house=house),
        ],
    )
    problems.install(app)
    describe.install(app)
    for noun in NOUNS:
        app.include_router(noun.router(house))
    app.include_router(feeds.router(house))
    app.include_router(hooks.router(house))
    app.include_router(health.router(ready, metrics))
    return app


def _operation_id(route: APIRoute) -> str:
    """``pairs_pause``: the noun's file and the function in it; what generated clients call it."""
    return f"{route.endpoint.__module__.rpartition('.')[2]}_{route.name}"
