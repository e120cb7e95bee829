"""What can go wrong on purpose. One class per expected failure, with a stable ``code`` and a sentence for the person.

HoldfastError
├── BadInput            a value the caller sent cannot be taken        (422, exit 2)
│   ├── BadCalendar     what was given is not a calendar we can trust
│   ├── BadHistory      a history file with bad rows, or none at all
│   └── BadAddress      an address Holdfast must not or cannot call
├── NotFound            no such thing, or not yours to see              (404)
├── Conflict            the world changed under the caller              (409)
│   ├── TimeGone        the slot is no longer free
│   │   └── CalendarUnknown   a calendar cannot be read, and unknown is never free
│   ├── NotNow          the thing's state does not allow it
│   ├── TooMany         there are as many open ones as can be looked after
│   └── KeyReused       an Idempotency-Key came back with another body  (422)
├── Stale               If-Match named an older version                 (412)
├── Denied              the key or link does not reach this far         (401, 403)
├── LinkExpired         a signed address has run out                    (410)
└── ProviderTrouble     a calendar, mail or webhook host failed         (502, or *unknown*)
    ├── Unreachable     no answer, a cut connection, 5xx: try again
    │   └── TimedOut    it took too long
    ├── Throttled       told to wait
    ├── Refused         credentials are wrong or withdrawn: disconnect
    ├── Unauthorized    the access token ran out: refresh once, then try again
    ├── Changed         ETag no longer matches (412): read again
    ├── Gone            the thing is not there any more (404, 410)
    ├── SyncReset       the sync token is no longer accepted: list afresh and compare
    └── Unsupported     the adapter cannot do this and says so
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One bad field: a path as the caller wrote it (``windows.lunch.start``) and why."""

    field: str
    reason: str


class HoldfastError(Exception):
    """The root. ``detail`` is a whole sentence a person can act on; it never holds a secret."""

    code = "error"
    title = "Something went wrong"

    def __init__(self, detail: str, *, extra: Mapping[str, object] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = dict(extra or {})


class BadInput(HoldfastError):
    """A value cannot be taken. ``fields`` says which and why."""

    code = "bad-input"
    title = "The request cannot be taken as it is"

    def __init__(self, detail: str, *, fields: Sequence[FieldProblem] = ()) -> None:
        super().__init__(detail)
        self.fields = tuple(fields)

    @classmethod
    def of(cls, field: str, reason: str) -> BadInput:
        """The usual case: one field, one reason."""
        return cls(f"{field}: {reason}", fields=(FieldProblem(field, reason),))


class BadCalendar(BadInput):
    """Not iCalendar, too big, without end, or in a zone that cannot be known."""

    code = "bad-calendar"
    title = "This calendar cannot be read"


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a data row of a file (counted from 1), and in which column."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.column} {self.reason}"


class BadHistory(BadInput):
    """The file cannot be taken. ``faults`` names the first bad rows, ``bad_rows`` counts all of them."""

    code = "bad-history"
    title = "The history file cannot be taken"

    def __init__(self, detail: str, faults: Sequence[RowFault] = (), bad_rows: int = 0) -> None:
        super().__init__(detail, fields=[FieldProblem(f"row {f.row}.{f.column}", f.reason) for f in faults])
        self.faults = tuple(faults)
        self.bad_rows = bad_rows


class BadAddress(BadInput):
    """Not http(s), not a public host, or a name that does not resolve."""

    code = "bad-address"
    title = "This address cannot be called"


class NotFound(HoldfastError):
    """No such thing."""

    code = "not-found"
    title = "Not found"


class Conflict(HoldfastError):
    """The world changed under the caller."""

    code = "conflict"
    title = "The state does not allow this"


class TimeGone(Conflict):
    """The slot is no longer free for both."""

    code = "time-gone"
    title = "That time has gone"


class CalendarUnknown(TimeGone):
    """A calendar cannot be read, so nobody can say that the time is free."""

    code = "calendar-unknown"
    title = "A calendar cannot be read at the moment"


class NotNow(Conflict):
    """The thing is in a state in which this cannot be done (a withdrawn proposal, a cancelled meeting)."""

    code = "not-now"


class TooMany(Conflict):
    """There are as many open ones as anybody can look after: answer some, or let them run out."""

    code = "too-many-open"
    title = "There are too many open ones already"


class KeyReused(Conflict):
    """An Idempotency-Key was used before with another body."""

    code = "idempotency-key-reused"
    title = "This Idempotency-Key belongs to another request"


class Stale(HoldfastError):
    """If-Match named a version that is not the newest."""

    code = "stale"
    title = "Someone changed this in between"


class Denied(HoldfastError):
    """The credentials do not reach this far. ``authenticated`` tells 403 from 401."""

    code = "denied"
    title = "Not allowed"

    def __init__(self, detail: str, *, authenticated: bool = True) -> None:
        super().__init__(detail)
        self.authenticated = authenticated


class LinkExpired(HoldfastError):
    """A signed address has run out or was withdrawn."""

    code = "link-expired"
    title = "This link has run out"


class ProviderTrouble(HoldfastError):
    """Something outside the house failed. ``detail`` names the provider, never a credential."""

    code = "provider-trouble"
    title = "A connected service did not answer as it should"


class Unreachable(ProviderTrouble):
    """No answer in time, a cut connection, a 5xx, an answer that makes no sense: worth trying again."""

    code = "unreachable"


class TimedOut(Unreachable):
    """It took longer than it may: for whoever asked the same as no answer, for those who count something else."""


class Throttled(ProviderTrouble):
    """Asked to wait; ``retry_after`` in seconds where the provider said how long."""

    code = "throttled"

    def __init__(self, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Refused(ProviderTrouble):
    """The credentials are wrong or were withdrawn: the calendar is disconnected until its owner connects it again."""

    code = "refused"


class Unauthorized(ProviderTrouble):
    """The access token is no longer accepted: refresh once and try again; ``Refused`` when that does not help."""

    code = "unauthorized"


class Changed(ProviderTrouble):
    """Someone else wrote in between (ETag mismatch): read again, then decide."""

    code = "changed"


class Gone(ProviderTrouble):
    """What was to be changed is not there any more."""

    code = "gone"


class SyncReset(ProviderTrouble):
    """The sync token is not accepted any more: list afresh and compare with what is held."""

    code = "sync-reset"


class Unsupported(ProviderTrouble):
    """The adapter cannot do this; it says so instead of pretending."""

    code = "unsupported"
