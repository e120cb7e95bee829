"""Proving who we are: Basic or Digest, whichever the server wants, and no password in the clear to one that
wants Digest."""

from __future__ import annotations

from collections.abc import Generator

import httpx2

from service.domain.errors import Refused

BASIC, DIGEST = "basic", "digest"

_WRITES = frozenset({"PUT", "DELETE"})

_Flow = Generator[httpx2.Request, httpx2.Response, None]


class Login(httpx2.Auth):
    """The credentials of one account for the length of one task.

    ``scheme`` is what connecting found out (``basic``, ``digest``) or ``None``; afterwards it is what worked.
    Knowing nothing, Basic goes out at once under TLS; without TLS the server is asked first what it wants."""

    def __init__(self, username: str, password: str, scheme: str | None = None) -> None:
        self.scheme = scheme if scheme in {BASIC, DIGEST} else None
        self._basic = httpx2.BasicAuth(username, password)
        self._digest = httpx2.DigestAuth(username, password)

    def auth_flow(self, request: httpx2.Request) -> _Flow:
        """At most three exchanges: asking, Basic, Digest."""
        try:
            yield from self._flow(request)
        except (httpx2.ProtocolError, ValueError, NotImplementedError) as problem:
            raise Refused(f"{request.url.host} asks for a kind of login that is not known here.") from problem

    def _flow(self, request: httpx2.Request) -> _Flow:
        if self.scheme == DIGEST:
            yield from self._digest.auth_flow(request)
            return
        if self.scheme is None and request.url.scheme != "https":
            answer = yield request
            if _wants_digest(answer):
                yield from self._answer_challenge(request, answer)
                return
            if 300 <= answer.status_code < 400:
                return  # where it leads is asked next: no reason to show the password here
            if answer.status_code < 300 and request.method in _WRITES:
                return  # it was done without asking who we are: never do it twice
        answer = yield next(self._basic.auth_flow(request))
        if _wants_digest(answer):
            del request.headers["Authorization"]
            yield from self._answer_challenge(request, answer)
        elif answer.status_code < 300:
            self.scheme = BASIC

    def _answer_challenge(self, request: httpx2.Request, challenge: httpx2.Response) -> _Flow:
        self.scheme = DIGEST
        flow = self._digest.auth_flow(request)
        next(flow)  # the question has been put already
        yield flow.send(challenge)


def _wants_digest(answer: httpx2.Response) -> bool:
    return answer.status_code == 401 and any(
        offer.lower().startswith("digest ") for offer in answer.headers.get_list("www-authenticate")
    )
