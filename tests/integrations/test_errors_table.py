"""What each answer of a provider means, as a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import LONGEST_WAIT, provider_error, retry_after
from service.domain.errors import (
    Changed,
    Gone,
    ProviderTrouble,
    Refused,
    Throttled,
    Unreachable,
    Unsupported,
)

NOW = 1_445_412_480  # Wed, 21 Oct 2015 07:28:00 GMT


@pytest.mark.parametrize(
    ("status", "headers", "kind", "wait"),
    [
        (301, {}, Unreachable, None),
        (304, {}, Unreachable, None),
        (400, {}, ProviderTrouble, None),
        (401, {}, Refused, None),
        (403, {}, Refused, None),
        (403, {"Retry-After": "5"}, Refused, None),
        (404, {}, Gone, None),
        (405, {}, Unsupported, None),
        (407, {}, Unreachable, None),
        (408, {}, Unreachable, None),
        (409, {}, Changed, None),
        (410, {}, Gone, None),
        (412, {}, Changed, None),
        (413, {}, ProviderTrouble, None),
        (418, {}, ProviderTrouble, None),
        (422, {}, ProviderTrouble, None),
        (423, {}, Unreachable, None),
        (425, {}, Unreachable, None),
        (429, {}, Throttled, None),
        (429, {"Retry-After": "120"}, Throttled, 120),
        (429, {"retry-after": "Wed, 21 Oct 2015 07:28:30 GMT"}, Throttled, 30),
        (500, {}, Unreachable, None),
        (500, {"Retry-After": "5"}, Unreachable, None),
        (501, {}, Unsupported, None),
        (502, {}, Unreachable, None),
        (503, {}, Unreachable, None),
        (503, {"Retry-After": "soon"}, Unreachable, None),
        (503, {"RETRY-AFTER": "7"}, Throttled, 7),
        (504, {}, Unreachable, None),
        (507, {}, ProviderTrouble, None),
        (599, {}, Unreachable, None),
    ],
)
def test_the_table(status: int, headers: dict[str, str], kind: type[ProviderTrouble], wait: float | None) -> None:
    trouble = provider_error(status, "calendar.example", headers, now=NOW)
    assert type(trouble) is kind
    assert trouble.detail.startswith("calendar.example ")
    assert f"(HTTP {status})" in trouble.detail
    if isinstance(trouble, Throttled):
        assert trouble.retry_after == wait


@pytest.mark.parametrize("status", [0, 100, 200, 207, 299])
def test_a_success_is_no_error(status: int) -> None:
    with pytest.raises(ValueError, match="is no error"):
        provider_error(status, "x", {}, now=NOW)


@given(st.integers(300, 999))
def test_every_other_status_has_an_answer(status: int) -> None:
    assert isinstance(provider_error(status, "x", {}, now=NOW), ProviderTrouble)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 30 ", 30),
        ("999999999999999999999", LONGEST_WAIT),
        ("Wed, 21 Oct 2015 07:30:00 GMT", 120),
        ("Wed, 21 Oct 2015 07:00:00 GMT", 0),
        ("Wednesday, 21-Oct-15 07:30:00 GMT", 120),  # RFC 850
        ("Wed Oct 21 07:30:00 2015", 120),  # asctime
        ("Wed, 21 Oct 2015 07:30:00 -0000", 120),
        ("Wed, 21 Oct 2099 07:30:00 GMT", LONGEST_WAIT),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("soon", None),
        ("Wed, 99 Oct 2015 07:30:00 GMT", None),
        ("", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": text}, now=NOW) == seconds


@given(st.text(max_size=40))
def test_retry_after_survives_anything(text: str) -> None:
    wait = retry_after({"retry-after": text}, now=NOW)
    assert wait is None or 0 <= wait <= LONGEST_WAIT
