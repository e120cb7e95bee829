"""Calendars that Holdfast keeps itself, for people without an account."""

from integrations.local.adapter import LocalCalendar

__all__ = ["LocalCalendar"]
