"""Many instants to text and back at once: what one by one would cost more than the search itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np

from service.domain.busy import Ints
from service.domain.timespan import DAY, epoch

_UTC_LENGTH = len("2026-03-29T06:30:00Z")
_MINUTES = tuple(f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(24 * 60))
_SECONDS = tuple(f"{second:02d}Z" for second in range(60))
_DAY_ZERO = date(1970, 1, 1)


def rfc3339_all(instants: Ints) -> list[str]:
    """``timespan.rfc3339`` of every instant (epoch seconds), through tables."""
    days, rest = np.divmod(instants, DAY)
    minutes, seconds = np.divmod(rest, 60)
    return [
        _date(day) + _MINUTES[minute] + _SECONDS[second]
        for day, minute, second in zip(days.tolist(), minutes.tolist(), seconds.tolist(), strict=True)
    ]


def epochs(texts: Sequence[str]) -> Ints:
    """Epoch seconds of RFC 3339 times; ``2026-03-29T06:30:00Z`` all through is the fast way, other offsets work too.

    Raises ``ValueError`` where one of them is not a time or has no offset."""
    if not texts:
        return np.empty(0, np.int64)
    joined = "".join(texts)
    if joined.isascii() and all(len(text) == _UTC_LENGTH for text in texts):
        letters = np.frombuffer(joined.encode("ascii"), "S1").reshape(-1, _UTC_LENGTH)
        if (letters[:, [4, 7, 10, 13, 16, 19]] == _PUNCTUATION).all():
            plain = np.frombuffer(joined.encode("ascii"), f"S{_UTC_LENGTH}").astype(f"S{_UTC_LENGTH - 1}")
            return plain.astype("M8[s]").astype(np.int64)
    return np.array([epoch(datetime.fromisoformat(text)) for text in texts], np.int64)


_PUNCTUATION = np.array([b"-", b"-", b"T", b":", b":", b"Z"])


@lru_cache(maxsize=4096)
def _date(day: int) -> str:
    return (_DAY_ZERO + timedelta(days=day)).isoformat()
