"""The guarded client against addresses it must not call and servers that mean no good."""

from __future__ import annotations

import gzip
import ipaddress
import logging
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpcore2
import httpx2
import pytest
from hostile_server import Loopback, Seen, Site, always, answer, drip, hang, names, serving, then_close
from hypothesis import given
from hypothesis import strategies as st

from integrations.http import GuardedClient, TooBig, split_userinfo
from integrations.http.addresses import acceptable, is_public
from service.domain.errors import BadAddress, BadInput, Unreachable

PUBLIC = "93.184.216.34"
PUBLIC_6 = "2606:2800:220:1:248:1893:25c8:1946"


def local_client(**more: object) -> GuardedClient:
    return GuardedClient(allow_private=True, **more)  # type: ignore[arg-type]


def public_client(**hosts: list[str]) -> tuple[GuardedClient, Loopback]:
    network = Loopback()
    return GuardedClient(allow_private=False, resolver=names(**hosts), network=network), network


# -- whom it calls ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",  # carrier-grade NAT
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",  # cloud metadata
        "172.16.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::127.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::8.8.8.8",
        "2001:0:53aa:64c:0:0:0:1",  # Teredo
        "2001:db8::1",
        "2002:7f00:1::",  # 6to4
        "2002:808:808::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    client, network = public_client(trap_example=[address])
    with pytest.raises(BadAddress):
        client.request("GET", "http://trap.example/")
    with pytest.raises(BadAddress):
        client.check_address("http://trap.example/")
    literal = f"[{address}]" if ":" in address else address
    with pytest.raises(BadAddress):
        client.request("GET", f"http://{literal}/")
    assert network.called == []


@pytest.mark.parametrize("address", ["8.8.8.8", PUBLIC, PUBLIC_6, "64:ff9b::8.8.8.8"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(st.ip_addresses())
def test_public_is_never_wider_than_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_private
        assert not address.is_link_local


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "224.0.0.1", "::"])
def test_the_metadata_service_is_refused_even_on_an_intranet(address: str) -> None:
    with pytest.raises(BadAddress):
        acceptable([address], "x.example", allow_private=True)
    assert acceptable(["10.0.0.1"], "x.example", allow_private=True) == ["10.0.0.1"]


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost"])
def test_other_ways_to_write_the_loopback(host: str) -> None:
    client = GuardedClient(allow_private=False)
    with pytest.raises(BadAddress):
        client.request("GET", f"http://{host}:1/")


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    client, network = public_client(mixed_example=[PUBLIC, "10.0.0.1"])
    with pytest.raises(BadAddress):
        client.request("GET", "http://mixed.example/")
    assert network.called == []


def test_exactly_the_checked_address_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time (DNS rebinding) gets no second time."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    network = Loopback()
    client = GuardedClient(allow_private=False, resolver=resolver, network=network)
    looked_up: list[object] = []
    real = socket.getaddrinfo

    def listening(host: str, *rest: object, **more: object) -> object:
        looked_up.append(host)
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", listening)
    with serving(always(answer(body=b"hello"))) as site:
        got = client.request("GET", f"http://rebind.example:{site.port}/")
        assert got.body == b"hello"
        assert site.seen[0].headers["host"] == f"rebind.example:{site.port}"
    assert asked == ["rebind.example"]
    assert network.called == [PUBLIC]
    assert set(looked_up) <= {"127.0.0.1"}


def test_the_second_address_is_tried_when_the_first_is_dead() -> None:
    class HalfDead(Loopback):
        def connect_tcp(self, host, port, **more):  # type: ignore[no-untyped-def]
            stream = super().connect_tcp(host, port, **more)
            if host == PUBLIC_6:
                stream.close()
                import httpcore2

                raise httpcore2.ConnectTimeout("dead")
            return stream

    network = HalfDead()
    resolver = names(two_example=[PUBLIC_6, PUBLIC])
    client = GuardedClient(allow_private=False, resolver=resolver, network=network)
    with serving(always(answer())) as site:
        assert client.request("GET", f"http://two.example:{site.port}/").status == 200
    assert network.called == [PUBLIC_6, PUBLIC]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "calendar",
        "file:///etc/passwd",
        "ftp://host/x",
        "gopher://host/x",
        "http://",
        "http:///path",
        "http://host:99999/",
        "http://ho\x00st/",
        "http://[::1/",
        "javascript:alert(1)",
        "https://user:geheim@host.example/",
        "https://geheim@host.example/",
    ],
)
def test_addresses_that_are_no_web_address(url: str) -> None:
    client = GuardedClient(allow_private=True, resolver=names())
    for call in (lambda: client.check_address(url), lambda: client.request("GET", url)):
        with pytest.raises(BadAddress) as caught:
            call()
        assert "geheim" not in str(caught.value)


def test_a_name_that_does_not_resolve() -> None:
    client = GuardedClient(allow_private=False, resolver=names())
    with pytest.raises(BadAddress, match=r"nowhere\.example does not resolve"):
        client.check_address("https://nowhere.example/secret-token")
    with pytest.raises(Unreachable, match="does not resolve") as caught:
        client.request("GET", "https://nowhere.example/secret-token")
    assert "secret" not in str(caught.value)
    with pytest.raises(BadAddress):
        GuardedClient(allow_private=False).check_address(f"https://{'a' * 70}.example/")


def test_a_resolver_that_hangs_is_left_behind() -> None:
    let_go = threading.Event()

    def resolver(host: str, port: int) -> list[str]:
        let_go.wait(30)
        return []

    client = GuardedClient(allow_private=False, resolver=resolver)
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"did not answer within 0\.2 seconds"):
        client.request("GET", "https://slow.example/", deadline=0.2)
    with pytest.raises(BadAddress, match="does not resolve"):
        client.check_address("https://slow.example/", seconds=0.1)
    assert time.monotonic() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy
    let_go.set()


def test_a_public_name_passes_the_check_without_being_called() -> None:
    client, network = public_client(good_example=[PUBLIC, PUBLIC_6])
    client.check_address("https://good.example:8443/x")
    assert network.called == []


# -- how long it waits, how much it takes -------------------------------------------------------------------

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "handler",
    [
        hang,
        drip(b""),  # a status line that never ends
        drip(b"HTTP/1.1 200 OK\r\nx: "),  # a header that never ends
        drip(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 103 Early\r\n\r\n"),
        drip(b"HTTP/1.1 103 Early\r\n\r\n", b"HTTP/1.1 103 Early\r\n\r\n"),  # for ever "soon"
        drip(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"),
        drip(CHUNKED, b"1\r\nx\r\n"),
    ],
    ids=["hang", "status", "header", "garbage", "early-hints", "body", "chunks"],
)
def test_the_deadline_holds_however_the_time_is_spent(handler: object) -> None:
    client = local_client()
    with serving(handler) as site:  # type: ignore[arg-type]
        began = time.monotonic()
        with pytest.raises(Unreachable):
            client.request("GET", site.url, deadline=0.4)
        assert time.monotonic() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy


def test_the_deadline_is_one_for_all_redirects_together() -> None:
    def handle(conn: socket.socket, seen: Seen, site: Site) -> None:
        site.stop.wait(0.2)
        conn.sendall(answer(302, location="/again"))

    with serving(handle) as site:
        with pytest.raises(Unreachable, match=r"did not answer within 0\.3 seconds"):
            local_client().request("GET", site.url, deadline=0.3, follow_redirects=True)
        assert 1 <= len(site.seen) <= 2


def test_a_receiver_that_does_not_read_is_left_in_time() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    try:
        began = time.monotonic()
        with pytest.raises(Unreachable):
            local_client().request(
                "POST",
                f"http://127.0.0.1:{listener.getsockname()[1]}/",
                content=b"x" * 50_000_000,
                deadline=0.4,
            )
        assert time.monotonic() - began < 30  # it ends: how soon is measured elsewhere, machines are noisy
    finally:
        listener.close()


def bomb(levels: int) -> bytes:
    body = b"0" * 20_000_000
    for _ in range(levels):
        body = gzip.compress(body, 9)
    return body


@pytest.mark.parametrize("levels", [1, 2])
def test_a_compression_bomb_is_stopped(levels: int) -> None:
    coding = ", ".join(["gzip"] * levels)
    data = answer(body=bomb(levels), content_encoding=coding)
    with serving(always(data)) as site, pytest.raises(TooBig, match="more than 1 MiB"):
        local_client().request("GET", site.url, max_bytes=1024 * 1024)


def test_too_much_is_too_much_with_or_without_a_length() -> None:
    endless = drip(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n", every=0.0)
    for handler in (always(answer(body=b"x" * 2_000)), endless):
        with serving(handler) as site, pytest.raises(TooBig, match="more than 1000 bytes"):
            local_client().request("GET", site.url, max_bytes=1000)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this",
        CHUNKED + b"64\r\nonly this",
        CHUNKED + b"not a length\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 9\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nhello",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n",
        answer(body=b"not gzip", content_encoding="gzip"),
        answer(body=b"?", content_encoding="br"),
        answer(body=gzip.compress(b"x"), content_encoding=", ".join(["gzip"] * 6)),
    ],
)
def test_broken_answers_are_no_answers(data: bytes) -> None:
    with serving(then_close(data)) as site, pytest.raises(Unreachable):
        local_client().request("GET", site.url, deadline=2.0)


def test_bytes_after_the_stated_length_are_not_taken_for_the_body() -> None:
    with serving(then_close(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello and more")) as site:
        assert local_client().request("GET", site.url).body == b"hello"


def test_nobody_listens() -> None:
    with serving(hang) as site:
        port = site.port
    with pytest.raises(Unreachable, match=r"No connection to 127\.0\.0\.1"):
        local_client().request("GET", f"http://127.0.0.1:{port}/")


# -- where it follows ---------------------------------------------------------------------------------------


def redirecting(to: str, status: int = 302, final: bytes = b"there") -> object:
    def handle(conn: socket.socket, seen: Seen, site: Site) -> None:
        there = seen.line.split(" ")[1] == "/there"
        conn.sendall(answer(body=final) if there else answer(status, location=to.replace("PORT", str(site.port))))

    return handle


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_only_when_asked(status: int) -> None:
    with serving(redirecting("/there", status)) as site:  # type: ignore[arg-type]
        client = local_client()
        assert client.request("GET", f"{site.url}/here").status == status
        got = client.request("GET", f"{site.url}/here", follow_redirects=True)
        assert (got.body, got.url) == (b"there", f"{site.url}/there")


def test_a_redirect_to_a_private_address_is_refused() -> None:
    client, network = public_client(good_example=[PUBLIC], evil_example=["10.0.0.1"])
    for target in (
        "http://127.0.0.1/",
        "http://evil.example/",
        "http://169.254.169.254/latest/",
        "http://[::1]/",
    ):
        with serving(always(answer(302, location=target))) as site, pytest.raises(BadAddress):
            client.request("GET", f"http://good.example:{site.port}/", follow_redirects=True)
    assert set(network.called) == {PUBLIC}


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://u:p@good.example/", "http://"])
def test_a_redirect_to_no_web_address_is_refused(target: str) -> None:
    client, _ = public_client(good_example=[PUBLIC])
    with serving(always(answer(302, location=target))) as site, pytest.raises((BadAddress, Unreachable)):
        client.request("GET", f"http://good.example:{site.port}/", follow_redirects=True)


def test_a_redirect_loop_ends_after_three() -> None:
    with serving(always(answer(302, location="/"))) as site:
        with pytest.raises(Unreachable, match="more than 3 times"):
            local_client().request("GET", site.url, follow_redirects=True)
        assert len(site.seen) == 4


def test_a_body_for_one_receiver_is_not_handed_to_another() -> None:
    with serving(redirecting("/there", 307)) as site:  # type: ignore[arg-type]
        client = local_client()
        assert client.request("POST", site.url, content=b"x", follow_redirects=True).status == 307
        assert len(site.seen) == 1
        assert client.request("PROPFIND", site.url, content=b"q", follow_redirects=True).status == 200
        assert [(s.line.split(" ")[0], s.body) for s in site.seen[1:]] == [("PROPFIND", b"q")] * 2


def test_credentials_stay_with_their_origin() -> None:
    secret = {"authorization": "Bearer t", "cookie": "c=1", "x-api-key": "k", "accept": "text/calendar"}
    client, _ = public_client(a_example=[PUBLIC], b_example=[PUBLIC])
    with serving(redirecting("http://b.example:PORT/there")) as site:  # type: ignore[arg-type]
        client.request(
            "GET",
            f"http://a.example:{site.port}/",
            headers=secret,
            auth=("me", "geheim"),
            follow_redirects=True,
        )
        first, second = site.seen
        assert first.headers["authorization"].startswith("Basic ")
        assert first.headers["x-api-key"] == "k"
        assert second.headers["accept"] == "text/calendar"
        assert not {"authorization", "cookie", "x-api-key"} & set(second.headers)
    with serving(redirecting("http://a.example:PORT/there")) as site:  # type: ignore[arg-type]
        client.request("GET", f"http://a.example:{site.port}/", auth=("me", "geheim"), follow_redirects=True)
        assert site.seen[1].headers["authorization"].startswith("Basic ")


# -- what it sends ------------------------------------------------------------------------------------------


def test_no_cookies_are_kept() -> None:
    with serving(always(answer(set_cookie="session=1"))) as site:
        client = local_client()
        client.request("GET", site.url)
        client.request("GET", site.url)
        assert "cookie" not in site.seen[1].headers


def test_nothing_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password geheim\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving(always(answer())) as site:
        assert local_client(user_agent="Holdfast/1").request("GET", site.url).status == 200
        assert "authorization" not in site.seen[0].headers
        assert site.seen[0].headers["user-agent"] == "Holdfast/1"


def test_digest_login_takes_two_exchanges() -> None:
    challenge = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'

    def handle(conn: socket.socket, seen: Seen, site: Site) -> None:
        good = seen.headers.get("authorization", "").startswith('Digest username="me"')
        conn.sendall(answer(body=b"in") if good else answer(401, www_authenticate=challenge))

    with serving(handle) as site:
        got = local_client().request("GET", site.url, auth=httpx2.DigestAuth("me", "geheim"))
        assert (got.status, got.body, len(site.seen)) == (200, b"in", 2)


@pytest.mark.parametrize("value", ['"a"\r\nx-evil: 1', '"ü"', '"\x00"'])
def test_a_header_cannot_smuggle_another(value: str) -> None:
    with serving(always(answer())) as site:
        with pytest.raises(BadInput):
            local_client().request("GET", site.url, headers={"if-none-match": value})
        assert site.seen == []


def test_plain_answers_lose_the_headers_of_their_journey() -> None:
    data = answer(body=gzip.compress(b"hello" * 100), content_encoding="gzip", etag='"1"')
    with serving(always(data)) as site:
        got = local_client().request("GET", site.url)
    assert got.body == b"hello" * 100
    assert got.headers["ETag"] == '"1"'
    assert "content-encoding" not in got.headers
    assert got.headers["content-length"] == "500"


def test_a_body_that_is_not_wanted_cannot_spoil_the_answer() -> None:
    for handler in (
        then_close(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\ncut"),
        drip(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"),
        always(answer(body=b"x" * 1_000_000)),
    ):
        with serving(handler) as site:
            got = local_client().request("GET", site.url, deadline=5.0, keep_body=False)
            assert (got.status, got.body) == (200, b"")


class _Noted(httpcore2.NetworkStream):
    """A connection that remembers in which pieces something was written, and refuses to be written to when told so."""

    def __init__(self, inner: httpcore2.NetworkStream, pieces: list[int], refuses: bool) -> None:
        self._inner, self._pieces, self._refuses = inner, pieces, refuses

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._pieces.append(len(buffer))
        self._inner.write(buffer, timeout)
        if self._refuses:
            raise httpcore2.WriteError("refused")

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


def _noting(pieces: list[int], *, refuses: bool = False) -> GuardedClient:
    class Noting(Loopback):
        def connect_tcp(self, *given: Any, **facts: Any) -> httpcore2.NetworkStream:
            return _Noted(super().connect_tcp(*given, **facts), pieces, refuses)

    return GuardedClient(allow_private=True, network=Noting())


def test_head_and_body_go_out_together() -> None:
    pieces: list[int] = []
    with serving(always(answer(body=b"done"))) as site:
        client = _noting(pieces)
        for size in (0, 100, 40_000):
            assert client.request("POST", f"{site.url}/", content=b"x" * size).body == b"done"
    assert len(pieces) == 2 + 3, "one for each small request; a large one in pieces"
    assert max(pieces) <= 16384


def test_an_answer_before_the_body_was_taken_is_an_answer() -> None:
    with serving(always(answer(413, b"no more"))) as site:
        assert _noting([], refuses=True).request("POST", f"{site.url}/", content=b"x").status == 413


def test_connections_are_used_again_and_many_threads_may_share() -> None:
    with serving(always(answer(body=b"ok"))) as site:
        client = local_client()
        results: list[int] = []
        threads = [
            threading.Thread(target=lambda: results.append(client.request("GET", site.url).status)) for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert results == [200] * 20
        client.close()


def test_messages_and_logs_hold_no_secrets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client, _ = public_client(good_example=[PUBLIC])
    data = answer(302, location="/geheim-3", set_cookie="geheim-4")
    with serving(always(data)) as site, pytest.raises(Unreachable) as caught:
        client.request(
            "GET",
            f"http://good.example:{site.port}/geheim-1?token=geheim-2",
            auth=("me", "geheim-5"),
            follow_redirects=True,
        )
    assert "good.example" in str(caught.value)
    assert "geheim" not in str(caught.value) + caplog.text


def test_userinfo_is_taken_out_knowingly() -> None:
    assert split_userinfo("https://me%40x:p%3Aw@host.example:8443/c?t=1") == (
        "https://host.example:8443/c?t=1",
        ("me@x", "p:w"),
    )
    assert split_userinfo("https://host.example/c") == ("https://host.example/c", None)
    assert split_userinfo("http://[") == ("http://[", None)


# -- TLS ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for good.example: (certificate, key)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "good.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("good.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def test_certificates_are_checked_against_the_name(authority: tuple[Path, Path]) -> None:
    import ssl

    certificate, key = authority
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    resolver = names(good_example=[PUBLIC], other_example=[PUBLIC])
    plain = GuardedClient(allow_private=False, resolver=resolver, network=Loopback())
    trusting = GuardedClient(allow_private=False, ca_bundle=certificate, resolver=resolver, network=Loopback())
    with serving(always(answer(body=b"safe")), server) as site:
        assert trusting.request("GET", f"https://good.example:{site.port}/").body == b"safe"
        with pytest.raises(Unreachable, match=r"certificate of other\.example"):
            trusting.request("GET", f"https://other.example:{site.port}/")
        with pytest.raises(Unreachable, match="cannot be trusted"):
            plain.request("GET", f"https://good.example:{site.port}/")
    down = always(answer(302, location="http://good.example/"))
    with serving(down, server) as site, pytest.raises(Unreachable, match="from https to unprotected http"):
        trusting.request("GET", f"https://good.example:{site.port}/", follow_redirects=True)
    with serving(then_close(b"SSH-2.0")) as site, pytest.raises(Unreachable):
        trusting.request("GET", f"https://good.example:{site.port}/", deadline=1.0)


def test_a_bundle_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for bundle in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        with pytest.raises(BadInput, match="HOLDFAST_CA_BUNDLE"):
            GuardedClient(allow_private=False, ca_bundle=bundle)
