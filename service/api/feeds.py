"""``/feeds/{token}.ics``: a person's meetings, for any calendar program. The address itself is the secret."""

from __future__ import annotations

import hashlib
import re
from typing import Annotated

from fastapi import APIRouter, Header, Path
from fastapi.responses import Response

from service.app.feed import feed
from service.app.house import House

Token = Annotated[str, Path(description="The secret part of the person's `feed_url`.")]
_STAMP = re.compile(rb"^(DTSTAMP|LAST-MODIFIED|CREATED)[:;].*\r?\n", re.MULTILINE)  # when written out: no news
MEDIA_TYPE = "text/calendar; charset=utf-8"


def router(house: House) -> APIRouter:
    """Reading a feed."""
    routes = APIRouter(tags=["feeds"])

    @routes.get(
        "/feeds/{token}.ics",
        summary="Subscribe to a person's meetings",
        response_class=Response,
        responses={
            200: {"content": {"text/calendar": {"schema": {"type": "string"}}}, "description": "iCalendar"},
            304: {"description": "Unchanged since the ETag in If-None-Match."},
        },
    )
    @routes.head("/feeds/{token}.ics", include_in_schema=False)
    def read(
        token: Token,
        if_none_match: Annotated[
            str | None, Header(alias="If-None-Match", description="The ETag that was read.")
        ] = None,
    ) -> Response:
        """`feed_url` of the person. No key: calendar programs have none to send."""
        document = feed(house, token)
        tag = f'W/"{hashlib.sha256(_STAMP.sub(b"", document)).hexdigest()[:32]}"'
        headers = {
            "ETag": tag,
            "Cache-Control": "private, max-age=300",
            "Content-Disposition": 'inline; filename="holdfast.ics"',
        }
        if if_none_match is not None and (if_none_match.strip() == "*" or tag in if_none_match):
            return Response(status_code=304, headers=headers)
        return Response(document, headers=headers, media_type=MEDIA_TYPE)

    return routes
