"""The HTTP benchmark's own parts: its client counts whole answers, and it prints what it promises."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path

import pytest

from benchmarks import http, linear, load
from benchmarks.http_sites import forget
from service.app import answer_slots, find_slots, memory, outlooks
from tests.house import make_house


def _server(listener: socket.socket, answers: list[bytes]) -> None:
    connection, _ = listener.accept()
    with connection:
        while connection.recv(65536):
            if not answers:
                return
            for part in answers.pop(0).split(b"|"):
                connection.sendall(part)


def test_the_client_waits_for_whole_answers_and_counts_refusals() -> None:
    answer = b"HTTP/1.1 %d X\r\nContent-Length: 4\r\n|\r\nab|cd"
    answers = [answer % 200, answer % 503, answer % 200]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=_server, args=(listener, answers))
        serving.start()
        line = load.Line(listener.getsockname()[1])
        told = [load.run([line], [http.request("GET", "/").encode()], 0.0) for _ in range(3)]
        line.socket.close()
        serving.join()
    assert [each["answers"] for each in told] == [1, 1, 1]
    assert [each["refused"] for each in told] == [0, 1, 0]


def test_it_prints_one_json_object(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    figures = {"per_s": 10.0, "p50_ms": 1.0, "p99_ms": 2.0, "cpu_us": 3.0}
    taken = {name: [figures | {"ratio": 1.0}] for name in ("hello", "slots", "proposals")}
    monkeypatch.setattr(http, "measure", lambda **_: taken)
    assert http.main(["--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "hello_per_s": 10.0, "slots_per_s": 10.0, "proposals_per_s": 10.0,
    }  # fmt: skip
    assert http.main([]) == 0
    assert "100.0%" in capsys.readouterr().out


def test_a_straight_line_is_told_from_a_bent_one() -> None:
    assert linear.straightness([(1, 3), (2, 5), (3, 7)]) == pytest.approx(1)
    assert linear.straightness([(1, 1), (2, 4), (3, 9), (4, 16), (9, 500)]) < 0.9
    drawn = linear.svg({"find, 2 people": [(1, 3), (2, 5), (3, 7)]})
    assert drawn.count("<circle") == 3


def test_what_is_measured_cold_finds_nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for room, name in ((answer_slots, "MOST_KEPT"), (memory, "MOST_KEPT"), (outlooks, "MOST_KEPT")):
        monkeypatch.setattr(room, name, getattr(room, name))
    monkeypatch.setattr(find_slots, "kept_ranking", find_slots.kept_ranking)
    for kept in (answer_slots._kept, memory._kept, outlooks._kept):
        kept.clear()
    outlooks._weight_kept = 0
    at = make_house(tmp_path)
    pairs = [at.ready_pair()[0] for _ in range(3)]
    usual = [answer_slots.answer_slots(at.house, pair) for pair in pairs]
    assert [len(kept) for kept in (answer_slots._kept, memory._kept, outlooks._kept)] == [3, 3, 3]
    forget("pair")
    for kept in (answer_slots._kept, memory._kept, outlooks._kept):
        kept.clear()
    outlooks._weight_kept = 0
    assert [answer_slots.answer_slots(at.house, pair) for pair in pairs] == usual
    assert [len(kept) for kept in (answer_slots._kept, memory._kept)] == [0, 0]
    assert len(outlooks._kept) == 1, "the newest alone, which is another pair's"
    assert all(held.ranking is None for held in outlooks._kept.values())
    at.house.engine.dispose()


def test_a_name_that_is_gone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(answer_slots, "MOST_KEPT")
    with pytest.raises(AttributeError):
        forget("minute")
