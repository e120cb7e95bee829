"""Churn: how often an hour that was free some days ahead is taken by something else before it comes. docs/churn.md.

Rooms, inside to outside:

- ``leads``: how many days ahead is looked
- ``hours``: a person's local days as 24 hours each: free, taken, or not known
- ``looks``: what the looks saw, days times leads, in one small blob; a look adds to it, old days fall out
- ``shares``: looks in, shares out: of the hours free at a lead, how many were taken; drawn towards the mean
- ``table``: what of it the hold model reads, packed to a byte an hour and lead
- ``findings``: what of it is sure enough to be told to its owner

A look knows when somebody's time is taken, never by what. Hours not known, and days away, are left out: they are
neither free nor taken.
"""

from service.domain.churn.findings import Finding, findings
from service.domain.churn.hours import Hours, hours_of
from service.domain.churn.leads import LEADS
from service.domain.churn.looks import NO_LOOKS, Looks, Sight, look
from service.domain.churn.shares import WEEKS_NEEDED, Shares, Totals, everyones, shares_of, sorts_of
from service.domain.churn.table import NO_CHURN, ChurnTable

__all__ = [
    "LEADS",
    "NO_CHURN",
    "NO_LOOKS",
    "WEEKS_NEEDED",
    "ChurnTable",
    "Finding",
    "Hours",
    "Looks",
    "Shares",
    "Sight",
    "Totals",
    "everyones",
    "findings",
    "hours_of",
    "look",
    "shares_of",
    "sorts_of",
]
