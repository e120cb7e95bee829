"""`holdfast serve` and `holdfast worker`."""

from __future__ import annotations

import signal
import socket
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from service.domain.errors import BadInput

if TYPE_CHECKING:
    from service.settings import Settings

Host = Annotated[str, typer.Option(help="The address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")]


def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve the API, the pages and the background work.

    SQLite by default; PostgreSQL where HOLDFAST_DATABASE_URL names one."""
    import uvicorn

    from service.logs import configure_logs
    from service.settings import load_settings
    from service.wiring import build

    class Server(uvicorn.Server):
        """Says so once it answers."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                typer.echo(f"Holdfast listens on http://{shown}:{listener.getsockname()[1]}")

    settings = load_settings()
    shown = f"[{host}]" if ":" in host else host
    with bind(host, port) as listener:
        _alone(settings)
        configure_logs()
        server = Server(uvicorn.Config(build(settings).app, log_config=None, access_log=False, lifespan="on"))
        try:
            server.run(sockets=[listener])
        except SystemExit:  # how uvicorn says that it could not start; the log says why
            raise typer.Exit(1) from None
        if not server.started:
            raise typer.Exit(1)


def _alone(settings: Settings) -> None:
    """Raises ``BadInput`` where another process serves this SQLite file: before its tables are touched."""
    from service.jobs.single_process import SingleProcess

    path = settings.sqlite_path
    if path is not None and path.parent.is_dir():
        lock = SingleProcess(path)
        lock.acquire()
        lock.release()  # the background work takes it again, and keeps it


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
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    typer.echo("Holdfast works. Stop with Ctrl-C.")
    try:
        stop.wait()
    finally:
        installation.stop()
