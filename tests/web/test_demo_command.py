"""`holdfast demo` as it is started: no credentials, no network, nothing left behind."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from service.cli.demo import demo_settings, listen
from service.domain.errors import BadInput
from tests.web.demo_process import start_demo


def _get(address: str, key: str | None = None) -> str:
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"} if key else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(answer.read().decode())


def test_the_demo_serves_delivers_and_leaves_nothing_behind(tmp_path: Path) -> None:
    demo = start_demo(tmp_path)
    try:
        assert "Open somebody" in _get(demo.address)
        assert _get(demo.address + "/readyz")
        until = time.monotonic() + 60
        while ">Delivered<" not in (log := _get(demo.address + "/demo/webhooks")):
            assert time.monotonic() < until, log
        assert "signature good" in log
        key = re.search(r"key (hf_\S+)", demo.printed)
        people = demo.address + "/v1/people"
        with pytest.raises(urllib.error.HTTPError) as refused:
            _get(people)
        assert refused.value.code == 401
        refused.value.close()
        assert key is not None
        assert len(json.loads(_get(people, key[1]))["items"]) == 3
    finally:
        code = demo.stop()
    assert code == 0
    assert "Traceback" not in demo.printed
    assert not list(tmp_path.glob("holdfast-demo-*"))
    assert not list(tmp_path.rglob("*.sqlite"))


def test_being_told_to_end_leaves_nothing_behind_either(tmp_path: Path) -> None:
    demo = start_demo(tmp_path)
    assert demo.stop(signal.SIGTERM) == 0
    assert not list(tmp_path.glob("holdfast-demo-*"))


def test_a_taken_port_leads_to_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with listen("127.0.0.1", port) as other:
            assert other.getsockname()[1] != port
    with listen("127.0.0.1", 0) as any_port:
        assert any_port.getsockname()[1] > 0


def test_an_address_that_is_not_ours_is_refused() -> None:
    with pytest.raises(BadInput):
        listen("192.0.2.1", 0)


def test_the_demo_takes_nothing_from_this_machines_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_SMTP_URL", "smtp://mail.example.org")
    monkeypatch.setenv("HOLDFAST_GOOGLE_CLIENT_ID", "real")
    monkeypatch.setenv("HOLDFAST_SYNC_SECONDS", "7")
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("HOLDFAST_MAIL_FROM=boss@example.org\n")
    settings = demo_settings(tmp_path, "http://127.0.0.1:1")
    assert settings.smtp_url is None
    assert settings.google_client_id is None
    assert settings.sync_seconds == 30
    assert settings.mail_from == "holdfast@localhost"
    assert settings.database_url == f"sqlite:///{tmp_path / 'demo.sqlite'}"
