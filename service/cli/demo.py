"""`holdfast demo`: the whole product on throw-away data."""

from __future__ import annotations

import logging
import secrets
import signal
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.server import bind, make_server
from service.domain.errors import BadInput

if TYPE_CHECKING:
    from service.settings import Settings

PREFERRED_PORT = 8000


def demo(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port; a free one where it is taken.")
    ] = PREFERRED_PORT,
) -> None:
    """Serve the whole product on throw-away sample data.

    Needs no credentials and no network, and leaves nothing behind."""
    run_demo(host, port)


def run_demo(host: str, port: int) -> None:
    """Seeds, serves, prints the page's address once it answers, and stays until it is stopped. Leaves nothing behind."""
    typer.echo("Holdfast demo: preparing sample data…", err=True)
    from service.app.manage_keys import create_key
    from service.demo.seed import seed_past, seed_present
    from service.logs import configure_logs
    from service.web.demo_receiver import PATH
    from service.wiring import build

    # To be told to end is Ctrl-C: either way the way out leads past the cleaning up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    configure_logs(logging.WARNING)  # what goes well is seen on the pages
    listener = listen(host, port)
    address = _address(listener)
    with tempfile.TemporaryDirectory(prefix="holdfast-demo-") as folder:
        installation = build(demo_settings(Path(folder), address), demo=True)
        house = installation.house
        seeded = seed_past(house, now=house.now())
        _, key = create_key(house, name="demo", scope="admin")

        def opened() -> None:
            seed_present(house, seeded, address + PATH)
            if port and listener.getsockname()[1] != port:
                typer.echo(f"Port {port} is taken, so another is used.", err=True)
            typer.echo(f"Holdfast demo: open {address}/")
            typer.echo(f"API: {address}/openapi.json, key {key}")
            typer.echo("Sample data only, gone when you stop it with Ctrl-C.")

        server = make_server(installation.app, opened)
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            return  # the usual way to end a demo, and no failure
        if not server.started:
            raise typer.Exit(1)


def demo_settings(folder: Path, address: str) -> Settings:
    """Settings that reach for nothing of this machine's own configuration: no ``.env``, no mail server, no credentials."""
    from service.settings import Settings

    plain = {name: field.get_default() for name, field in Settings.model_fields.items() if not field.default_factory}
    return Settings(
        _env_file=None,  # type: ignore[call-arg]
        **{
            **plain,
            "database_url": f"sqlite:///{folder / 'demo.sqlite'}",
            "public_url": address,
            "secret_key": secrets.token_urlsafe(32),
            "allow_private_urls": True,  # the receiver of the webhooks is this very process
            "sync_seconds": 30,
        },
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the port, or to a free one where it is taken. Raises ``BadInput`` for an address not ours."""
    try:
        return bind(host, port)
    except BadInput:
        if port == 0:
            raise
        return bind(host, 0)


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"
