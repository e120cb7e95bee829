"""``/v1/keys``: API keys. Needs `admin`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer, nothing
from service.api.plumbing.describe import creates, tells
from service.api.plumbing.ids import KeyId
from service.api.plumbing.pages import PageAsked, listing, page_of
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.schemas.base import Listing
from service.api.schemas.webhooks import KeyMade, KeyShown, NewKey
from service.app import show_webhooks as show
from service.app.house import House
from service.app.manage_keys import create_key, list_keys, revoke_key
from service.store import keys


def router(house: House) -> APIRouter:
    """Making, listing and revoking keys."""
    routes = APIRouter(tags=["keys"], dependencies=[Depends(caller_of)])

    @routes.post("/v1/keys", **creates(KeyMade, "Make a key"))
    def make(given: NewKey, once: Repeatable) -> JSONResponse:
        """The key is shown this once and kept as a hash: a repetition answers `key: null`."""
        made: dict[str, Any] = {"key": None}

        def work() -> str:
            row, made["key"] = create_key(house, name=given.name, scope=given.scope, once=once)
            return row.id

        done = carry_out(house, once, work)
        with house.reading() as session:
            body = {**show.key(keys.get(session, done.resource_id)), **made}
        return answer(body, 201, replayed=done.replayed)

    @routes.get("/v1/keys", **tells(Listing[KeyShown], "List keys"))
    def every(page: Annotated[PageAsked, Depends(page_of("key"))]) -> JSONResponse:
        """Revoked ones too, oldest first."""
        rows, after = page.of(list_keys(house))
        return answer(listing([show.key(row) for row in rows], after))

    @routes.delete("/v1/keys/{key_id}", status_code=204, summary="Revoke a key")
    def revoke(key_id: KeyId) -> Response:
        """From now on it opens nothing. It stays listed."""
        revoke_key(house, key_id)
        return nothing()

    return routes
