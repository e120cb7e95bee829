"""What the network throws -> a sentence a person can act on. Hosts are named; addresses and credentials never
are."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator

import httpcore2
import httpx2

from integrations.http.network import UnknownNameError
from service.domain.errors import BadInput, TimedOut, Unreachable


@contextlib.contextmanager
def in_words(name: str, seconds: float) -> Iterator[None]:
    """Raises ``Unreachable`` for whatever network trouble happens inside; ``seconds`` is how long was
    allowed."""
    try:
        yield
    except UnknownNameError:
        raise Unreachable(f"{name} does not resolve: no such host is known just now.") from None
    except httpcore2.TimeoutException as problem:
        raise TimedOut(f"{name} did not answer within {seconds:g} seconds.") from problem
    except httpcore2.LocalProtocolError as problem:
        raise BadInput(f"The request to {name} holds characters that cannot be sent.") from problem
    except httpcore2.ConnectError as problem:
        raise Unreachable(_why_no_connection(name, problem)) from problem
    except httpcore2.RemoteProtocolError as problem:
        raise Unreachable(f"{name} broke off before its answer was complete, or did not speak HTTP.") from problem
    except httpcore2.NetworkError as problem:
        raise Unreachable(f"The connection to {name} broke.") from problem
    except httpx2.DecodingError as problem:
        raise Unreachable(f"{name} sent an answer that cannot be decompressed.") from problem


def _why_no_connection(name: str, problem: httpcore2.ConnectError) -> str:
    cause = problem.args[0] if problem.args else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"The certificate of {name} cannot be trusted: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return f"{name} does not speak TLS as it should."
    return f"No connection to {name} could be made."
