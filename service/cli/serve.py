"""`holdfast serve` and `holdfast worker`."""

from __future__ import annotations

import socket
import threading
from typing import Annotated

import typer

from service.domain.errors import BadInput

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")]


def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve the API, the pages and the background work.

    SQLite by default; PostgreSQL where HOLDFAST_DATABASE_URL names one."""
    import uvicorn

    from service.logs import configure_logs
    from service.settings import load_settings
    from service.wiring import build

    configure_logs()
    settings = load_settings()
    listener = bind(host, port)
    installation = build(settings)
    typer.echo(f"Holdfast listens on http://{host}:{listener.getsockname()[1]}")
    config = uvicorn.Config(installation.app, log_config=None, access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    if not server.started:
        raise typer.Exit(1)


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ``BadInput`` where the address is taken or not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise BadInput.of("--port", f"cannot listen on {host}:{port} ({error.strerror})") from None
    return listener


def worker() -> None:
    """Run one more background worker (PostgreSQL only)."""
    from service.logs import configure_logs
    from service.settings import load_settings
    from service.wiring import build

    settings = load_settings()
    if settings.database_url.startswith("sqlite"):
        raise BadInput(
            "On SQLite one process does all the work: `holdfast serve`. "
            "Set HOLDFAST_DATABASE_URL to a PostgreSQL database to run further workers."
        )
    configure_logs()
    installation = build(settings)
    installation.start()
    typer.echo("Holdfast works. Stop with Ctrl-C.")
    try:
        threading.Event().wait()
    finally:
        installation.stop()
