"""``/hooks/google`` and ``/hooks/microsoft``: the providers' side. Answered at once; all that follows is a job.

A message only ever schedules a reading, so a forged one that guessed the token could do no more. One that is none of ours
is answered like one that is: nothing is to be learned here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Body, Header, Query
from fastapi.responses import PlainTextResponse, Response

from service.app.house import House
from service.app.watch_calendar import lost, pushed, to_renew

log = structlog.get_logger(__name__)
MOST_MESSAGES = 1000


def router(house: House) -> APIRouter:
    """Both receivers."""
    routes = APIRouter(tags=["providers"])

    @routes.post("/hooks/google", status_code=204, summary="A push from Google Calendar")
    def google(
        channel: Annotated[str, Header(alias="X-Goog-Channel-ID", description="The channel we made.")] = "",
        token: Annotated[str, Header(alias="X-Goog-Channel-Token", description="The token we gave it.")] = "",
        state: Annotated[
            str, Header(alias="X-Goog-Resource-State", description="`sync`, `exists`, `not_exists`.")
        ] = "",
        number: Annotated[str, Header(alias="X-Goog-Message-Number", description="Rises with each message.")] = "",
    ) -> Response:
        """`sync` only says that the channel stands; anything else means: look."""
        if state != "sync" and not pushed(house, channel, token, number or str(house.now())):
            log.info("push_of_a_stranger", provider="google")
        return Response(status_code=204)

    @routes.post(
        "/hooks/microsoft",
        status_code=202,
        response_class=Response,
        summary="A notification from Microsoft Graph",
        responses={
            200: {
                "content": {"text/plain": {"schema": {"type": "string"}}},
                "description": "The handshake: the validation token as it came.",
            }
        },
    )
    def microsoft(
        message: Annotated[dict[str, Any] | None, Body(description="Notifications, or lifecycle events.")] = None,
        validation: Annotated[
            str | None, Query(alias="validationToken", max_length=2000, description="Only in the handshake.")
        ] = None,
    ) -> Response:
        """The handshake is answered with the token as plain text; notifications and lifecycle events with 202."""
        if validation is not None:
            return PlainTextResponse(validation)
        listed = (message or {}).get("value")
        for item in listed[:MOST_MESSAGES] if isinstance(listed, list) else []:
            if isinstance(item, dict) and not _notified(house, item):
                log.info("push_of_a_stranger", provider="microsoft")
        return Response(status_code=202)

    return routes


def _notified(house: House, item: Mapping[str, Any]) -> bool:
    watch, token = str(item.get("subscriptionId", "")), str(item.get("clientState", ""))
    event = item.get("lifecycleEvent")
    if event == "subscriptionRemoved":
        return lost(house, watch, token)
    if event == "reauthorizationRequired":
        return to_renew(house, watch, token)
    # ``missed`` too: some notifications did not reach us, a reading finds what they would have told.
    return pushed(house, watch, token, _mark(house, item))


def _mark(house: House, item: Mapping[str, Any]) -> str:
    """Tells one message from the next; the same one sent twice has the same mark. What bears no mark of its own is told by
    the moment at which it came."""
    data = item.get("resourceData")
    etag = data.get("@odata.etag") if isinstance(data, dict) else None
    if item.get("id"):
        return str(item["id"])[-300:]
    if etag is None:
        return f"{item.get('lifecycleEvent') or item.get('changeType')}:{house.now()}"[-300:]
    return f"{item.get('changeType')}:{item.get('resource')}:{etag}"[-300:]
