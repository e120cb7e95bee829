"""Holdfast: meetings that hold. Read this first; docs/architecture.md has the picture.

Rooms, inside to outside (each imports only what stands above it here, import-linter sees to it):

- ``domain``   time, windows, availability, the hold model, what a change means, patterns. Pure: integers in, integers out
- ``ports``    what the house asks of the world outside: calendars, mail, webhooks, jobs, sign-in, push, the clock, the vault
- ``words``    what is said to people, and in which language: mails, their layout, times in words
- ``store``    tables, one repository of queries a noun, the engine for SQLite and PostgreSQL, migrations
- ``app``      what Holdfast does: one use case a file, a verb each; a use case owns its transactions
- ``jobs``     which jobs there are, the durable queue and the one in memory, the rounds that find what has come due
- ``api``      JSON under ``/v1``, the providers' push; ``web`` the pages; both thin
- ``demo``     the sample people of ``holdfast demo``
- ``wiring``   the composition root: the only importer of ``integrations``, where the adapters live
- ``cli``      the ``holdfast`` command

Rules:

- Instants are epoch seconds, UTC. Aware datetimes exist at the edges, naive ones nowhere. Only the clock asks for the time.
- A use case reads, decides, and writes state, ledger and jobs in ONE transaction, which is never open across an outside call.
- Everything that leaves the house is a job; every outside call is idempotent, because a job may run twice.
- Unknown is never free. A calendar that cannot be read gives no slots and says so.
- The ledger is only added to; patterns are computed from it. No titles, no names, no free text in ledger or webhooks.
- A meeting changes in one way only (``app.change_meeting``), whoever changed it and wherever it was seen.
- Nothing ranks or blames a person, and nothing tells who asked to pause or end.
"""
