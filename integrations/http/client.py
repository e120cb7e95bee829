"""The guarded client: every request that leaves the house goes through it.

Strangers choose the addresses (calendars, webhook receivers), so nothing about the other side is trusted:
not where its name leads, not how long it takes, not how much it sends, not where it redirects to.
"""

from __future__ import annotations

import logging
import ssl
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpcore2
import httpx2

from integrations.http.addresses import Resolver, SlowLookupError, system_resolver
from integrations.http.body import MIB, Limits, read_answer
from integrations.http.network import DEADLINE, GuardedNetwork, UnknownNameError
from integrations.http.urls import origin, parse, place, port
from integrations.http.words import in_words
from service.domain.errors import BadAddress, BadInput, Unreachable

_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Only methods that change nothing are led elsewhere: a body meant for one receiver goes to no other.
_FOLLOWED = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"})
# What may go along to another origin. A list of what is harmless, because nobody can list all that is secret.
_HARMLESS = frozenset({"accept", "accept-language", "content-type", "depth", "prefer", "brief"})

# At DEBUG httpcore2 writes out response headers (cookies, redirect addresses with tokens).
logging.getLogger("httpcore2").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whole and decompressed. ``url`` is where it came from in the end; ``headers`` ignore
    case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = field(repr=False)


class GuardedClient:
    """Sends requests under guard; safe to share between threads, connections are kept open and used again.

    ``allow_private`` lets it call private addresses (tests, intranets); ``ca_bundle`` is a PEM file trusted
    beside the system's authorities; ``resolver`` and ``network`` stand in for DNS and sockets in tests.
    No cookies, no proxies, nothing from the environment."""

    def __init__(
        self,
        *,
        allow_private: bool,
        ca_bundle: Path | None = None,
        connect_timeout: float = 3.0,
        user_agent: str = "Holdfast",
        resolver: Resolver = system_resolver,
        network: httpcore2.NetworkBackend | None = None,
    ) -> None:
        self._network = GuardedNetwork(
            allow_private=allow_private, resolver=resolver, connect_timeout=connect_timeout, inner=network
        )
        self._user_agent = user_agent
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls_context(ca_bundle),
            max_connections=64,
            max_keepalive_connections=16,
            keepalive_expiry=15.0,
            network_backend=self._network,
        )
        # A client that is forgotten, or alive at exit, leaves no open sockets behind.
        self._closing = weakref.finalize(self, self._pool.close)

    def close(self) -> None:
        """Closes the open connections. It may be used again afterwards."""
        self._pool.close()

    def check_address(self, url: str, *, seconds: float = 4.0) -> None:
        """Raises ``BadAddress`` for what ``request`` would refuse now: bad syntax, a name that does not
        resolve, or not to public addresses alone. Calls nobody but the resolver."""
        parsed = parse(url)
        try:
            self._network.checked(parsed.raw_host.decode("ascii"), port(parsed), seconds)
        except (UnknownNameError, SlowLookupError):
            raise BadAddress(f"{parsed.host} does not resolve: no such host is known. Check the spelling.") from None

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        auth: tuple[str, str] | httpx2.Auth | None = None,
        deadline: float = 4.0,
        max_bytes: int = 10 * MIB,
        follow_redirects: bool = False,
        keep_body: bool = True,
    ) -> Response:
        """Sends one request and returns whatever status came, 4xx and 5xx too.

        ``deadline`` is wall seconds for everything: looking up, connecting, redirects, the last byte.
        ``max_bytes`` limits the body before and after decompression. With ``follow_redirects`` at most three,
        each under the same rules, only for methods that change nothing, never from https to http, and with
        credentials only to the same origin. With ``keep_body=False`` the body is thrown away and whatever
        goes wrong after the headers does not matter.

        Raises ``BadAddress`` (refused), ``TooBig`` or else ``Unreachable``."""
        method = method.upper()
        limits = Limits(deadline, time.monotonic() + deadline, max_bytes, keep_body)
        first = here = parse(url)
        sending = httpx2.Headers({"Accept": "*/*"})
        try:
            sending.update(headers)
        except UnicodeEncodeError:
            raise BadInput(f"A header for {place(here)} holds characters that cannot be sent.") from None
        login = httpx2.BasicAuth(*auth) if isinstance(auth, tuple) else auth
        for _ in range(_MOST_REDIRECTS + 1):
            sending.update({"User-Agent": self._user_agent, "Accept-Encoding": "gzip, deflate"})
            request = httpx2.Request(method, here, headers=sending, content=content)
            answer = self._authenticated(request, login, limits)
            there = _led_to(answer, here) if follow_redirects and method in _FOLLOWED else None
            if there is None:
                return Response(answer.status_code, answer.headers, answer.content, str(here))
            if origin(there) != origin(here):
                login = None
                sending = httpx2.Headers({k: v for k, v in sending.items() if k.lower() in _HARMLESS})
            here = there
        raise Unreachable(f"{place(first)} redirects more than {_MOST_REDIRECTS} times.")

    def _authenticated(self, request: httpx2.Request, login: httpx2.Auth | None, limits: Limits) -> httpx2.Response:
        """One request with its authentication dance (Digest needs two exchanges)."""
        flow = (login or httpx2.Auth()).sync_auth_flow(request)
        try:
            outgoing = next(flow)
            while True:
                answer = self._exchange(outgoing, limits)
                try:
                    outgoing = flow.send(answer)
                except StopIteration:
                    return answer
        finally:
            flow.close()

    def _exchange(self, request: httpx2.Request, limits: Limits) -> httpx2.Response:
        """One request on the wire, one whole answer."""
        name = place(request.url)
        token = DEADLINE.set(limits.ends_at)
        try:
            with in_words(name, limits.seconds):
                outgoing = httpcore2.Request(
                    method=request.method,
                    url=httpcore2.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.content,
                    extensions={"timeout": {"pool": max(limits.ends_at - time.monotonic(), 0.001)}},
                )
                answer = self._pool.handle_request(outgoing)
                try:
                    return read_answer(answer, request, limits, name)
                finally:
                    answer.close()
        finally:
            DEADLINE.reset(token)


def tls_context(ca_bundle: Path | None) -> ssl.SSLContext:
    """The system's authorities and those of a PEM file. Raises ``BadInput`` where the file cannot be read."""
    context = httpx2.create_ssl_context(trust_env=False)
    if ca_bundle is not None:
        try:
            context.load_verify_locations(cafile=ca_bundle)
        except OSError as problem:
            raise BadInput.of("HOLDFAST_CA_BUNDLE", f"no PEM certificates can be read from {ca_bundle}") from problem
    return context


def _led_to(answer: httpx2.Response, here: httpx2.URL) -> httpx2.URL | None:
    """Where a redirect leads, or ``None`` where the answer is none. Raises for where it must not lead."""
    if answer.status_code not in _REDIRECTS or not answer.headers.get("location"):
        return None
    try:
        there = parse(str(here.join(answer.headers["location"])))
    except (httpx2.InvalidURL, ValueError):
        raise Unreachable(f"{place(here)} redirects to something that is no web address.") from None
    if here.scheme == "https" and there.scheme != "https":
        raise Unreachable(f"{place(here)} redirects from https to unprotected http.")
    return there
