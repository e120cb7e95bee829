"""CalDAV calendars (Radicale, Xandikos, Nextcloud, iCloud, Fastmail and their kin).

The rooms: ``adapter`` is the way in, ``discovery`` finds the calendars behind an address, ``changes`` says
what is new, ``resources`` fetches it, ``writing`` creates, changes and deletes, ``scheduling`` settles who
mails the invitations. ``session`` sends every request, ``login`` proves who we are, ``hrefs`` compares
addresses, ``multistatus`` reads XML and ``bodies`` writes it.

What is taken from the ``caldav`` library, and what is not (3.6): its ``elements`` build every XML document
that we send and name every element that we read. Its clients and its response class are left alone: the
former sans-I/O ``protocol`` package is gone, the clients open their own connections and look up DNS by
themselves, where each hop has to pass the guarded client; the response class writes whole bodies (titles) to
the log, decodes hrefs so that ``%2F`` is lost, takes no 403 inside a multistatus, and multiget asks for no
ETag. XML is read by lxml with entities, DTDs and the network switched off."""

from integrations.caldav.adapter import CalDavCalendar

__all__ = ["CalDavCalendar"]
