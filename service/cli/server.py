"""The server that `serve` and `demo` run: it says when it answers, and ends quietly however often it is told to."""

from __future__ import annotations

import errno
import gc
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from service.domain.errors import BadInput

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

PATIENCE_SECONDS = 10  # so long a request under way may go on once the server was told to end


def make_server(app: FastAPI, opened: Callable[[], None]) -> uvicorn.Server:
    """A server for the application that calls ``opened``, off the event loop, once it listens."""
    import uvicorn
    from starlette.concurrency import run_in_threadpool

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                # All that was built stays: a collection that looks at it again and again took a fifth of a request's time.
                gc.collect()
                gc.freeze()
                await run_in_threadpool(opened)

        def handle_exit(self, sig: int, frame: object) -> None:
            # A second Ctrl-C would leave the background work in the middle and print a traceback. The way out is short.
            if not self.should_exit:
                super().handle_exit(sig, frame)  # type: ignore[arg-type]

    return Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=PATIENCE_SECONDS
        )
    )


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ``BadInput`` where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on and an answer's body waits 40 ms for its head to be acknowledged.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        todo = "choose another with --port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "see --host"
        raise BadInput.of("--port", f"cannot listen on {host}:{port} ({error.strerror}); {todo}") from None
    return listener
