"""`holdfast keys`: keys to the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from service.domain.errors import NotFound

if TYPE_CHECKING:
    from service.app.house import House

keys = typer.Typer(help="Keys to the API: create, list, revoke.")


@contextmanager
def opened_house() -> Iterator[House]:
    """The house for as long as a command needs it; afterwards no connection stays open."""
    from service.settings import load_settings
    from service.wiring import build

    installation = build(load_settings())
    try:
        yield installation.house
    finally:
        installation.stop()


@keys.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for, as the list shows it.")],
    scope: Annotated[str, typer.Option(help="read, write or admin.")] = "write",
) -> None:
    """Create a key and print it: it is shown this once."""
    from service.app.manage_keys import create_key

    with opened_house() as house:
        row, plain = create_key(house, name=name, scope=scope)
    typer.echo(plain)
    typer.echo(f"{row.id} ({row.scope}): keep it safe, it is not shown again.", err=True)


@keys.command("list")
def list_() -> None:
    """List the keys (never the keys themselves)."""
    from service.app.manage_keys import list_keys
    from service.domain.timespan import rfc3339

    with opened_house() as house:
        rows = list_keys(house)
    if not rows:
        typer.echo("No keys yet: holdfast keys create --name NAME --scope write")
    for row in rows:
        state = f"revoked {rfc3339(row.revoked_at)}" if row.revoked_at else "live"
        typer.echo(f"{row.id}  {row.scope:5}  {state:28}  {rfc3339(row.created_at)}  {row.name}")


@keys.command()
def revoke(key_id: Annotated[str, typer.Argument(help="The key's id, as `list` shows it.")]) -> None:
    """Revoke a key: from now on it opens nothing."""
    from service.app.manage_keys import revoke_key

    with opened_house() as house:
        try:
            revoke_key(house, key_id)
        except NotFound as error:
            raise NotFound(f"{error.detail} `holdfast keys list` shows those there are.") from None
    typer.echo(f"{key_id} is revoked.")
