"""Fixtures: an emulated Google with Alice (the mentor) and Bob (the mentee) at it, and our adapters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from google_site import Site

from integrations.http import GuardedClient
from tests.emulators.google.emulator import GoogleEmulator


@pytest.fixture(scope="session")
def client() -> Iterator[GuardedClient]:
    client = GuardedClient(allow_private=True)
    yield client
    client.close()


@pytest.fixture
def site(client: GuardedClient) -> Iterator[Site]:
    site = Site(client)
    with site.google:
        yield site


@pytest.fixture
def google(site: Site) -> GoogleEmulator:
    return site.google
