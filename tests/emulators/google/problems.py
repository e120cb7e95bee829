"""An answer that is no success, in Google's own format."""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """``reason`` is Google's word; ``retry_after`` in seconds becomes a header."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str = "",
        *,
        location: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status, self.reason, self.message = status, reason, message or reason
        self.location, self.retry_after = location, retry_after

    def body(self) -> dict[str, Any]:
        """``{"error": {"errors": [{domain, reason, message, …}], "code", "message"}}``."""
        entry: dict[str, Any] = {"domain": "global", "reason": self.reason, "message": self.message}
        if self.location is not None:
            entry |= {"locationType": "parameter", "location": self.location}
        error: dict[str, Any] = {"errors": [entry], "code": self.status, "message": self.message}
        if self.reason == "insufficientPermissions":
            error |= {
                "status": "PERMISSION_DENIED",
                "details": [
                    {
                        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                        "domain": "googleapis.com",
                    }
                ],
            }
        return {"error": error}


def invalid(message: str, location: str | None = None) -> Problem:
    return Problem(400, "invalid", message, location=location)


def not_found() -> Problem:
    return Problem(404, "notFound", "Not Found")
