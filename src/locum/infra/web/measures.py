"""Counts and times requests, for `/metrics`."""

from bisect import bisect_left
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Measures(Collector):
    """The metrics of one process."""

    def __init__(self) -> None:
        """Start at zero, in a registry of its own."""
        self.registry = CollectorRegistry()
        self._lenient = Counter(
            "locum_unknown_fields_ignored",
            "Requests of newer clients of which unknown fields were ignored.",
            registry=self.registry,
        )
        self._counts: dict[tuple[str, str, int], list[int]] = {}
        self._sums: dict[tuple[str, str, int], float] = {}
        self.registry.register(self)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note one answered request."""
        key = (method, route, status)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = [0] * (len(_BUCKETS) + 1)
            self._sums[key] = 0.0
        counts[bisect_left(_BUCKETS, seconds)] += 1
        self._sums[key] += seconds

    def newer_client(self) -> None:
        """Note a request of a client newer than the parity target whose unknown fields were ignored."""
        self._lenient.inc()

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """The times of all requests, as prometheus_client asks for them."""
        family = HistogramMetricFamily(
            "locum_request_seconds",
            "Time from the request's head to its answer.",
            labels=["method", "route", "status"],
        )
        for (method, route, status), counts in self._counts.items():
            total = 0
            buckets: list[tuple[str, float]] = []
            for bound, count in zip((*map(str, _BUCKETS), "+Inf"), counts, strict=True):
                total += count
                buckets.append((bound, total))
            family.add_metric([method, route, str(status)], buckets, self._sums[method, route, status])
        yield family

    def page(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)
