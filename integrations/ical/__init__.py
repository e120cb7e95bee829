"""iCalendar, shared by the adapters that speak it (ics, caldav, email). No I/O: bytes in, bytes out.

Reading    ``read_calendar`` (one ``RemoteEvent`` a UID), ``expand_skeleton``, ``method_of``
Answers    ``read_answer`` (iTIP REPLY and COUNTER)
Writing    ``event_calendar``, ``merge_into``, ``feed`` / ``IcalFeedWriter``

lines       bytes -> components; only lines about time are kept
values      dates, times, periods; zones: clocks; zone_names: what a TZID means; vtimezones: a calendar's own rules
rules       RRULE, checked; expansion: expanded inside a window; budget: how much work a calendar may ask for
events      one VEVENT; series: all of one UID with its overrides; freebusy: VFREEBUSY
skeleton    what is kept for later; reading: all of it together
scheduling  answers to invitations
writing     our meetings; observances: their VTIMEZONE; merging: an update that destroys nobody's edits

Two rules hold everywhere: what is not understood in full is refused (``BadCalendar``), because what is left
out would look like free time; and titles, places and descriptions are dropped as the bytes come in.
"""

from integrations.ical.merging import merge_into
from integrations.ical.reading import expand_skeleton, method_of, read_calendar
from integrations.ical.scheduling import Answer, read_answer
from integrations.ical.writing import IcalFeedWriter, event_calendar, feed

__all__ = [
    "Answer",
    "IcalFeedWriter",
    "event_calendar",
    "expand_skeleton",
    "feed",
    "merge_into",
    "method_of",
    "read_answer",
    "read_calendar",
]
