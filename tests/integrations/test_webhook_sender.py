"""Signed posts to receivers that behave and that do not."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time

import pytest
from hostile_server import Seen, Site, always, answer, drip, hang, names, serving, then_close
from standardwebhooks import Webhook, WebhookVerificationError

from integrations.http import GuardedClient
from integrations.webhook import StandardWebhookSender
from integrations.webhook.sender import signatures
from service.domain.errors import BadInput
from service.ports.clock import FixedClock
from service.ports.webhooks import Attempt, WebhookSender

NEW, OLD = "whsec_" + base64.b64encode(b"n" * 32).decode(), "whsec_" + base64.b64encode(b"o" * 32).decode()
BODY = json.dumps({"type": "meeting.booked", "data": {"meeting_id": "mtg_ü"}}, ensure_ascii=False).encode()
AT = 1_760_000_000


def sender(**more: object) -> StandardWebhookSender:
    return StandardWebhookSender(GuardedClient(allow_private=True), FixedClock(AT), **more)  # type: ignore[arg-type]


def post(url: str, secrets: tuple[str, ...] = (NEW,), at: int = AT, **more: object) -> Attempt:
    port: WebhookSender = sender(**more)
    return port.send(url=url, event_id="evt_1", timestamp=at, body=BODY, secrets=secrets)


def test_what_arrives_is_signed_as_the_standard_says() -> None:
    with serving(always(answer(204))) as site:
        attempt = post(f"{site.url}/hook?x=1", (NEW, OLD))
    assert (attempt.status, attempt.error, attempt.retry_after) == (204, None, None)
    assert 0 <= attempt.milliseconds < 15_000
    (seen,) = site.seen
    assert seen.line == "POST /hook?x=1 HTTP/1.1"
    assert seen.body == BODY
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["webhook-id"] == "evt_1"
    assert seen.headers["webhook-timestamp"] == str(AT)
    signed = f"evt_1.{AT}.".encode() + BODY
    expected = [
        "v1," + base64.b64encode(hmac.digest(secret * 32, signed, hashlib.sha256)).decode() for secret in (b"n", b"o")
    ]
    assert seen.headers["webhook-signature"].split(" ") == expected


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_receivers_with_the_library_accept_it_whichever_secret_they_hold(secret: str) -> None:
    now = int(time.time())  # the library compares with the machine's clock
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(now),
        "webhook-signature": signatures("evt_1", now, BODY, (NEW, OLD)),
    }
    assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY.replace(b"mtg", b"xtg"), headers)


@pytest.mark.parametrize(
    ("status", "headers", "words", "wait"),
    [
        (200, {}, None, None),
        (202, {"retry_after": "9"}, None, 9),
        (301, {"location": "/elsewhere"}, "redirect", None),
        (307, {"location": "/elsewhere"}, "redirect", None),
        (400, {}, "HTTP 400", None),
        (410, {}, "gone", None),
        (429, {"retry_after": "30"}, "HTTP 429", 30),
        (503, {"retry_after": "Thu, 09 Oct 2025 08:54:20 GMT"}, "HTTP 503", 60),
    ],
)
def test_every_answer_becomes_an_attempt(
    status: int, headers: dict[str, str], words: str | None, wait: float | None
) -> None:
    with serving(always(answer(status, b"secret of the receiver", **headers))) as site:
        attempt = post(site.url)
    assert len(site.seen) == 1
    assert attempt.status == status
    assert attempt.retry_after == wait
    if words is None:
        assert attempt.error is None
    else:
        assert words in (attempt.error or "")
        assert "secret" not in (attempt.error or "")


def test_receivers_that_do_not_answer() -> None:
    for handler in (hang, then_close(b""), then_close(b"nonsense\r\n\r\n"), drip(b"HTTP/1.1 200")):
        with serving(handler) as site:
            attempt = post(f"{site.url}/geheim", deadline=0.3)
        assert attempt.status is None
        assert attempt.error
        assert "geheim" not in attempt.error
        assert attempt.milliseconds < 3000


def test_an_answer_counts_although_its_body_never_ends() -> None:
    with serving(drip(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n")) as site:
        assert post(site.url, deadline=5.0).status == 200


def test_a_name_that_leads_inside_now_is_an_attempt_that_failed() -> None:
    client = GuardedClient(allow_private=False, resolver=names(moved_example=["10.0.0.1"]))
    port = StandardWebhookSender(client, FixedClock(AT))
    attempt = port.send(url="http://moved.example/x", event_id="e", timestamp=AT, body=b"{}", secrets=(NEW,))
    assert attempt.status is None
    assert "not a public" in (attempt.error or "")
    with pytest.raises(BadInput, match="not a public"):
        port.check("http://moved.example/x")
    with pytest.raises(BadInput):
        port.check("ftp://moved.example/x")


def test_a_retry_bears_the_same_id_and_signature() -> None:
    def flaky(conn: socket.socket, seen: Seen, site: Site) -> None:
        conn.sendall(answer(500 if len(site.seen) == 1 else 200))

    with serving(flaky) as site:
        assert [post(site.url).status, post(site.url).status] == [500, 200]
    first, second = site.seen
    assert first.headers == second.headers


@pytest.mark.parametrize("secrets", [(), ("whsec_",), ("whsec_a",)])
def test_our_own_mistakes_are_loud(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValueError):
        post("http://127.0.0.1:1/", secrets)
