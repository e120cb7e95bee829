"""Mail out: over SMTP, or kept in the database where no mail server is configured."""

from integrations.email.kept import KeptMailer
from integrations.email.message import compose
from integrations.email.smtp import SmtpMailer, parse_smtp_url

__all__ = ["KeptMailer", "SmtpMailer", "compose", "parse_smtp_url"]
