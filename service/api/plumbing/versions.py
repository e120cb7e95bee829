"""If-Match: two people who edit the same thing do not overwrite each other unseen. The ETag is the version."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header

from service.domain.errors import BadInput

# A proxy that compresses may have made the ETag weak on its way.
_TAG = re.compile(r'(?:W/)?"(\d{1,15})"', re.ASCII)


async def _if_version(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="The ETag that was read. Another one by now: 412, and nothing is changed.",
            examples=['"3"'],
        ),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None:
        raise BadInput.of("If-Match", 'must be an ETag as it was given, such as "3", or *')
    return int(tag[1])


IfVersion = Annotated[int | None, Depends(_if_version)]
