"""Webhooks out: signed as Standard Webhooks 1.0 says, posted through the guarded client."""

from integrations.webhook.sender import StandardWebhookSender

__all__ = ["StandardWebhookSender"]
