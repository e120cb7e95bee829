"""The mailer of an installation without a mail server: nothing leaves, the mail is shown on a page."""

from __future__ import annotations

from service.ports.mailer import Mail, Sending


class KeptMailer:
    """The ``Mailer`` port. The mail lies in the database already; this only says that it stays there."""

    def send(self, mail: Mail) -> Sending:
        """Always ``KEPT``."""
        return Sending.KEPT
