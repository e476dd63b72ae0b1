"""Prometheus metrics: requests as they happen, stored states counted when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

Counts = Mapping[str, int]


class RequestMetrics:
    """Durations of requests by method, route template and status, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "kaiche_http_request_duration_seconds",
            "Time from the request's arrival to the end of its answer.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        info = Gauge(
            "kaiche_build_info",
            "1, labelled with the version.",
            ("version",),
            registry=self.registry,
        )
        self._info = info

    def name_version(self, version: str) -> None:
        """Say which version is running."""
        self._info.labels(version=version).set(1)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Record one served request."""
        known = method if method in _METHODS else "OTHER"
        self._seconds.labels(known, route, str(status)).observe(seconds)

    def exposition(self) -> bytes:
        """Everything in the registry, as Prometheus reads it."""
        return generate_latest(self.registry)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class StateCollector(Collector):
    """Counts by state, read from the store at every scrape.

    ``read`` returns, for each noun (``runs``, ``proposals``, ``lines``), its number by state.
    A store that cannot be read yields ``kaiche_store_up 0`` and nothing else.
    """

    def __init__(self, read: Callable[[], Mapping[str, Counts]]) -> None:
        self._read = read

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing is read when the collector is registered."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One gauge a noun, one sample a state."""
        up = GaugeMetricFamily("kaiche_store_up", "1 when the database answered.")
        try:
            counts = self._read()
        except Exception:  # a scrape must tell of a broken store, not break with it
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        for noun, by_state in sorted(counts.items()):
            family = GaugeMetricFamily(
                f"kaiche_{noun}", f"Stored {noun} by state.", labels=("state",)
            )
            for state, number in sorted(by_state.items()):
                family.add_metric((state,), number)
            yield family
