"""An address that no mail can be sent to is refused when it is given, not found out when the invitation fails."""

from __future__ import annotations

import pytest

from service.app.keep_person import check_email
from service.domain.errors import BadInput


@pytest.mark.parametrize(
    "email",
    ["ada@example.org", "A.B+c@b.de", "o'neil@x.example", "jörg@exämple.org", "阿达@例子.example", "root@localhost"],
)
def test_addresses_that_are_taken(email: str) -> None:
    assert check_email("email", email) == email


@pytest.mark.parametrize(
    "email",
    [
        *(
            "",
            "@",
            "a@",
            "@b.de",
            "a@@b.de",
            "a(b)@c.de",
            "a@b..de",
            "a@b.de.",
            ".a@b.de",
            "a:b@c.de",
            "a\\b@c.de",
            "a@b]",
        ),
        *("a%0aBcc:x@b.de", "=?utf-8?q?x?=@b.de", "a\u200b@b.de", "a@b.de\r\nBcc: c@d.de", '"a"@b.de', "a b@c.de"),
        "a\x00@b.de",
    ],
)
def test_addresses_that_are_refused(email: str) -> None:
    with pytest.raises(BadInput, match="is not an e-mail address"):
        check_email("email", email)
