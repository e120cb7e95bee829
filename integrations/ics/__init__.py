"""Published calendars: the .ics address that Google, Outlook and the like hand out, or an uploaded file.
Read-only."""

from integrations.ics.adapter import IcsCalendar

__all__ = ["IcsCalendar"]
