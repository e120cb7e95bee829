"""The mailbox on a real IMAP server: read on from where it was left, never changed, and every trouble has a name."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from integrations.email import ImapMailbox, parse_imap_url
from integrations.email import imap as module
from service.domain.errors import BadInput, Refused, Unreachable
from service.ports.mailbox import Mark
from tests.emulators.microsoft.tls import certificates, server_context
from tests.mail_in import Post, imap_server, itip, mail, tls_in_front

OURS = "holdfast@holdfast.test"


@pytest.fixture(scope="module")
def post() -> Iterator[Post]:
    with imap_server() as running:
        yield running


def box(post: Post, folder: str, **given: object) -> ImapMailbox:
    return ImapMailbox(post.url(folder), OURS, **given)  # type: ignore[arg-type]


def reply(number: int) -> bytes:
    return mail(itip(f"mtg_{number}@holdfast", "emil@example.org"))


def test_it_reads_on_from_where_it_was_left_and_marks_nothing(post: Post) -> None:
    folder = post.folder()
    first = box(post, folder).read(None)
    assert (first.answers, first.more) == ((), False)
    post.put(folder, reply(1), mail(None), reply(2))
    second = box(post, folder).read(first.mark)
    assert [answer.uid for answer in second.answers] == ["mtg_1@holdfast", "mtg_2@holdfast"]
    assert second.passed_over == 1
    third = box(post, folder).read(second.mark)
    assert (third.answers, third.mark, third.passed_over) == ((), second.mark, 0)
    post.put(folder, reply(3))
    assert [answer.uid for answer in box(post, folder).read(second.mark).answers] == ["mtg_3@holdfast"]
    assert not any(b"Seen" in flags for flags in post.flags(folder))


def test_a_full_mailbox_is_read_a_few_at_a_time(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 3)
    folder = post.folder()
    post.put(folder, *(reply(number) for number in range(7)))
    found, mark, more = [], None, True
    while more:
        batch = box(post, folder).read(mark)
        assert len(batch.answers) <= 3
        found += [answer.uid for answer in batch.answers]
        mark, more = batch.mark, batch.more
    assert found == [f"mtg_{number}@holdfast" for number in range(7)]


def test_another_mailbox_of_the_same_name_is_read_from_its_beginning(post: Post) -> None:
    folder = post.folder()
    post.put(folder, reply(1))
    mark = box(post, folder).read(None).mark
    assert box(post, folder).read(Mark(mark.validity + 1, mark.last)).answers != ()
    assert box(post, folder).read(mark).answers == ()


def test_a_huge_mail_is_not_even_fetched(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = post.folder()
    huge = mail(itip("mtg_1@holdfast", "emil@example.org"), text="x" * (module.LARGEST + 1))
    post.put(folder, huge, reply(2))
    seen: list[int] = []
    monkeypatch.setattr(module, "answer_in", lambda raw, ours: seen.append(len(raw)))
    batch = box(post, folder).read(None)
    assert len(seen) == 1
    assert seen[0] < 5000
    assert batch.passed_over == 2


def test_a_wrong_login_or_folder_has_a_name(post: Post) -> None:
    folder = post.folder()
    with pytest.raises(Refused, match="does not accept the login"):
        ImapMailbox(post.url(folder, password="wrong"), OURS).read(None)
    with pytest.raises(Unreachable):
        box(post, "Nowhere").read(None)


def test_tls_from_the_first_byte_and_a_certificate_that_is_trusted(post: Post) -> None:
    folder = post.folder()
    post.put(folder, reply(1))
    with tls_in_front(post.port, server_context()) as port:
        url = post.url(folder, port=port, scheme="imaps")
        assert len(ImapMailbox(url, OURS, ca_bundle=certificates()[0]).read(None).answers) == 1
        with pytest.raises(Unreachable, match="certificate"):
            ImapMailbox(url, OURS).read(None)


def test_starttls_is_used_where_it_is_offered() -> None:
    with imap_server(certificate=certificates()) as secured:
        folder = secured.folder()
        secured.put(folder, reply(1))
        assert len(box(secured, folder, ca_bundle=certificates()[0]).read(None).answers) == 1
        with pytest.raises(Unreachable, match="certificate"):
            box(secured, folder).read(None)


def test_no_password_goes_out_unencrypted(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "same_machine", lambda host: False)
    with pytest.raises(Refused, match="offers no TLS"):
        box(post, post.folder()).read(None)


@pytest.mark.parametrize(
    "greeting", [b"", b"220 this is no IMAP\r\n", b"* BYE go away\r\n", b"* OK hello\r\nA1 ???\r\n"]
)
def test_what_is_no_imap_server_is_not_reached(greeting: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(greeting)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"imap://u:p@127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(Unreachable):
            ImapMailbox(url, OURS, deadline=0.5).read(None)
        thread.join(timeout=5)


def test_nobody_at_home() -> None:
    with pytest.raises(Unreachable):
        ImapMailbox("imap://u:p@127.0.0.1:9", OURS, deadline=0.5).read(None)


@pytest.mark.parametrize(
    "url",
    ["", "imap://", "https://u:p@h", "imaps://host", "imaps://u:p@h:0", "imaps://u:p@h:x", "imaps://u%0a:p@h", "imaps://u:p@h/%0d"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_imap_url(url)
    assert ":p@" not in str(refused.value)


def test_an_address_in_parts() -> None:
    place = parse_imap_url("imaps://me%40x:p%2Fq@mail.example/Sub%20folder")
    assert (place.host, place.port, place.tls) == ("mail.example", 993, True)
    assert (place.user, place.password, place.folder) == ("me@x", "p/q", "Sub folder")
    assert "p/q" not in repr(place)
    assert parse_imap_url("imap://u:p@h").port == 143
    assert parse_imap_url("imap://u:p@h").folder == "INBOX"
