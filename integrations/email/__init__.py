"""Mail out: over SMTP, or kept in the database where no mail server is configured. Answers to invitations in: over IMAP."""

from integrations.email.answers import answer_in
from integrations.email.imap import ImapMailbox, parse_imap_url
from integrations.email.kept import KeptMailer
from integrations.email.message import compose
from integrations.email.smtp import SmtpMailer, parse_smtp_url

__all__ = ["ImapMailbox", "KeptMailer", "SmtpMailer", "answer_in", "compose", "parse_imap_url", "parse_smtp_url"]
