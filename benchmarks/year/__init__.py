"""A simulated year: many pairs, busy calendars that fill as time passes, people who answer, do not answer, move, rest and end.

``python -m benchmarks.year [--pairs 200] [--days 365] [--seed 1] [--json]``. The people are simulated; Holdfast is the real
one: its database, its use cases, its rounds and jobs, its mails and their links, on an injected clock. The same people also
live the same year without Holdfast (``without_care``), where the mentee asks by mail, as people do.

- ``cast``          who there is, and the traits they have: every number of theirs is written there
- ``life``          what happens to them whatever Holdfast does: standing events, leave, what lands in a calendar, silences
- ``diary``         one person's calendar, and all of them behind the calendar port
- ``habits``        what a person does with a mail, by the buttons it has
- ``with_care``     the year with Holdfast
- ``without_care``  the same year without
- ``watch``         what is checked for everybody while time passes and at the end
- ``replay``        what a pair's ledger alone says the state must be
- ``figures``       what is counted
"""
