"""The heavy part of Google's library, loaded when the first request is made and not when Holdfast starts."""

from __future__ import annotations

from typing import Any

from googleapiclient.discovery import build


class _NoLine:
    """Stands where the library wants a connection; each request brings its own."""

    def request(self, *_: object, **__: object) -> None:
        """Never called."""
        raise AssertionError("a request was sent without a session")


def calendar_service(endpoint: str) -> Any:
    """The Calendar API as bundled with the library, at ``endpoint``. No network."""
    return build(
        "calendar",
        "v3",
        http=_NoLine(),
        static_discovery=True,
        cache_discovery=False,
        client_options={"api_endpoint": endpoint},
    )
