"""``/hooks/google`` and ``/hooks/microsoft``: the providers' side. Answered at once; all that follows is a job.

A message only ever schedules a reading, so a forged one that guessed the token could do no more. One that is none of ours
is answered like one that is: nothing is to be learned here. Below each stands the same for one calendar alone, as it is given
to a provider where several people share an account: the calendar's id only keeps the addresses apart, and is not looked at.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException

from service.api.plumbing.ids import CalendarId
from service.app.house import House
from service.app.watch_calendar import Message, lost, pushed, to_renew
from service.domain.errors import BadInput

log = structlog.get_logger(__name__)
MOST_MESSAGES = 1000
LARGEST = 1024 * 1024
SHAKEN: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/plain": {"schema": {"type": "string"}, "example": "Validation: Testing client application"}},
        "description": "The handshake: the validation token as it came.",
    }
}
NOTIFICATION = {
    "value": [
        {
            "subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07",
            "clientState": "the token that we gave it",
            "changeType": "updated",
            "resource": "Users/ddfcd489/Events/AAkALgAAAA",
            "resourceData": {"@odata.type": "#Microsoft.Graph.Event", "id": "AAkALgAAAA"},
            "subscriptionExpirationDateTime": "2026-06-08T05:30:00Z",
            "tenantId": "84bd8158-6d4d-4958-8b9f-9d6445542f95",
        }
    ]
}
LIFECYCLE = {
    "value": [
        {
            "subscriptionId": "7f105c7d-2dc5-4530-97cd-4e7ae6534c07",
            "clientState": "the token that we gave it",
            "lifecycleEvent": "reauthorizationRequired",
            "subscriptionExpirationDateTime": "2026-06-08T05:30:00Z",
            "tenantId": "84bd8158-6d4d-4958-8b9f-9d6445542f95",
        }
    ]
}

Channel = Annotated[
    str, Header(alias="X-Goog-Channel-ID", description="The channel we made.", examples=["watch-01k0a7m9s8e4v2b6"])
]
ChannelToken = Annotated[
    str, Header(alias="X-Goog-Channel-Token", description="The token we gave it.", examples=["Zk3qR1…"])
]
State = Annotated[
    str,
    Header(alias="X-Goog-Resource-State", description="`sync`, `exists` or `not_exists`.", examples=["exists"]),
]
Number = Annotated[str, Header(alias="X-Goog-Message-Number", description="Rises with each message.", examples=["10"])]
BODY = {
    "requestBody": {
        "description": "Notifications, or lifecycle events; nothing in the handshake.",
        "content": {
            "application/json": {
                "schema": {"type": "object", "properties": {"value": {"type": "array", "items": {"type": "object"}}}},
                "examples": {"a change": {"value": NOTIFICATION}, "a lifecycle event": {"value": LIFECYCLE}},
            }
        },
    }
}
Validation = Annotated[
    str | None,
    Query(
        alias="validationToken", max_length=2000, description="Only in the handshake.", examples=["Validation: Testing"]
    ),
]


async def _notices(request: Request) -> list[dict[str, Any]]:
    """What was sent, whatever type it says it has; nothing in the handshake. Raises ``BadInput`` for what is no message."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413, f"A message may hold {LARGEST // 1024} KiB at most.", {"Connection": "close"})
    if "validationToken" in request.query_params or not body.strip():
        return []
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise BadInput.of("body", "is not JSON in UTF-8") from None
    listed = content.get("value") if isinstance(content, dict) else None
    return [it for it in listed[:MOST_MESSAGES] if isinstance(it, dict)] if isinstance(listed, list) else []


Notices = Annotated[list[dict[str, Any]], Depends(_notices)]


def router(house: House) -> APIRouter:
    """Both receivers."""
    routes = APIRouter(tags=["providers"])

    def from_google(channel: str, token: str, state: str) -> Response:
        if state != "sync" and not pushed(house, [Message(channel, token)]):
            log.info("push_of_a_stranger", provider="google")
        return Response(status_code=204)

    def from_microsoft(notices: list[dict[str, Any]], validation: str | None) -> Response:
        if validation is not None:
            return PlainTextResponse(validation)
        _notified(house, notices)
        return Response(status_code=202)

    @routes.post("/hooks/google", status_code=204, summary="A push from Google Calendar")
    def google(channel: Channel = "", token: ChannelToken = "", state: State = "", number: Number = "") -> Response:
        """`sync` only says that the channel stands; anything else means: look."""
        return from_google(channel, token, state)

    @routes.post("/hooks/google/{calendar_id}", status_code=204, summary="A push from Google Calendar for one calendar")
    def google_one(
        calendar_id: CalendarId, channel: Channel = "", token: ChannelToken = "", state: State = "", number: Number = ""
    ) -> Response:
        """The same, where several people have connected one account."""
        return from_google(channel, token, state)

    @routes.post(
        "/hooks/microsoft",
        status_code=202,
        response_class=Response,
        summary="A notification from Microsoft Graph",
        responses=SHAKEN,
        openapi_extra=BODY,
    )
    def microsoft(notices: Notices, validation: Validation = None) -> Response:
        """The handshake is answered with the token as plain text; notifications and lifecycle events with 202."""
        return from_microsoft(notices, validation)

    @routes.post(
        "/hooks/microsoft/{calendar_id}",
        status_code=202,
        response_class=Response,
        summary="A notification from Microsoft Graph for one calendar",
        responses=SHAKEN,
        openapi_extra=BODY,
    )
    def microsoft_one(calendar_id: CalendarId, notices: Notices, validation: Validation = None) -> Response:
        """The same, where several people have connected one account."""
        return from_microsoft(notices, validation)

    return routes


def _notified(house: House, items: list[dict[str, Any]]) -> None:
    """Everything in one message. ``missed`` is a change like any other: a reading finds what the lost ones would have told."""
    changes = []
    known = True
    for item in items:
        watch, token = str(item.get("subscriptionId", "")), str(item.get("clientState", ""))
        event = item.get("lifecycleEvent")
        if event == "subscriptionRemoved":
            known &= lost(house, watch, token)
        elif event == "reauthorizationRequired":
            known &= to_renew(house, watch, token)
        else:
            changes.append(Message(watch, token))
    if not (known and (not changes or pushed(house, changes))):
        log.info("push_of_a_stranger", provider="microsoft")
