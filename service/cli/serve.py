"""`holdfast serve` and `holdfast worker`."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.server import bind, make_server
from service.domain.errors import BadInput

if TYPE_CHECKING:
    from service.settings import Settings

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")]


def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve the API, the pages and the background work.

    SQLite by default; PostgreSQL where HOLDFAST_DATABASE_URL names one."""
    from service.logs import configure_logs
    from service.settings import load_settings
    from service.wiring import build

    settings = load_settings()
    shown = f"[{host}]" if ":" in host else host
    with bind(host, port) as listener:
        _alone(settings)
        configure_logs()
        address = f"http://{shown}:{listener.getsockname()[1]}"
        server = make_server(build(settings).app, lambda: _opened(address, settings))
        try:
            server.run(sockets=[listener])
        except SystemExit:  # how uvicorn says that it could not start; the log says why
            raise typer.Exit(1) from None
        if not server.started:
            raise typer.Exit(1)


def _opened(address: str, settings: Settings) -> None:
    typer.echo(f"Holdfast listens on {address}")
    default = type(settings).model_fields["public_url"].default
    if settings.public_url == default != address:
        typer.echo(f"Links in mails lead to {default}: set HOLDFAST_PUBLIC_URL to where people reach it.", err=True)


def _alone(settings: Settings) -> None:
    """Raises ``BadInput`` where another process serves this SQLite file: before its tables are touched."""
    from service.jobs.single_process import SingleProcess

    path = settings.sqlite_path
    if path is not None and path.parent.is_dir():
        lock = SingleProcess(path)
        lock.acquire()
        lock.release()  # the background work takes it again, and keeps it


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
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    typer.echo("Holdfast works. Stop with Ctrl-C.")
    try:
        stop.wait()
    finally:
        installation.stop()
