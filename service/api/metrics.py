"""What Prometheus is told: how requests went, and what the database says about calendars, pairs and webhooks.

The state is asked for when it is scraped, so it holds for all workers of an installation. Labels are few and closed: a route's
template, never an address; a provider, never a calendar.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from threading import Lock

from prometheus_client import (
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from service.app.house import House
from service.app.keep_counts import keep_counts
from service.store import figures, provider_calls

METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One application's metrics."""

    def __init__(self, house: House) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "holdfast_http_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "holdfast_http_request_seconds", "Time to answer.", ["method", "route"],
            buckets=SECONDS, registry=self._registry,
        )  # fmt: skip
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._registry.register(State(house))
        for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
            self._registry.register(collector)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request. ``status`` 0: it never was answered."""
        key = (method if method in METHODS else "other", route, status)
        series = self._series.get(key)
        if series is None:  # labels are few and closed, so this stays small
            known, _, answered = key
            series = self._requests.labels(known, route, str(answered)), self._seconds.labels(known, route)
            self._series[key] = series
        series[0].inc()
        series[1].observe(seconds)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)


class State(Collector):
    """What the database says at the moment of asking."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lock = Lock()
        self._seen_to: int | None = None
        self._attempts = {"delivered": 0, "refused": 0, "unreachable": 0}

    def describe(self) -> Iterable[Metric]:
        """Nothing: the database is not asked before the first scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        """See ``prometheus_client``."""
        keep_counts(self._house)
        with self._house.reading() as session:
            calendars = figures.calendars(session)
            pairs = figures.pairs(session)
            waiting = figures.deliveries_waiting(session)
            calls = provider_calls.totals(session)
            newest, attempts = figures.attempts_since(session, self._seen_to)
        gauge = GaugeMetricFamily(
            "holdfast_calendars", "Connected calendars by the outcome of their latest reading.",
            labels=["provider", "status", "problem"],
        )  # fmt: skip
        for provider, status, problem, number in calendars:
            gauge.add_metric([provider, status, problem or ""], number)
        yield gauge
        counter = CounterMetricFamily(
            "holdfast_provider_calls", "Calls to calendar providers by what came of them.",
            labels=["provider", "operation", "outcome"],
        )  # fmt: skip
        for provider, operation, outcome, total in calls:
            counter.add_metric([provider, operation, outcome], total)
        yield counter
        gauge = GaugeMetricFamily("holdfast_pairs", "Pairs.", labels=["status"])
        for status, number in pairs:
            gauge.add_metric([status], number)
        yield gauge
        yield GaugeMetricFamily("holdfast_webhook_deliveries_pending", "Deliveries under way.", waiting)
        counter = CounterMetricFamily("holdfast_webhook_attempts", "Tries at delivering.", labels=["outcome"])
        for outcome, total in self._counted(newest, attempts).items():
            counter.add_metric([outcome], total)
        yield counter

    def _counted(self, newest: int, attempts: Iterable[int | None]) -> dict[str, int]:
        with self._lock:
            if self._seen_to is None or newest > self._seen_to:
                self._seen_to = newest
                for status in attempts:
                    outcome = "unreachable" if status is None else "delivered" if 200 <= status < 300 else "refused"
                    self._attempts[outcome] += 1
            return dict(self._attempts)
