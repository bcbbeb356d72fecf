"""Numbers for Prometheus. No plate, no person and no reader is a label."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from fairplate.intake import Taken

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The numbers of one server."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    reads: Counter = field(init=False)
    alerts: Counter = field(init=False)
    requests: Counter = field(init=False)
    seconds: Histogram = field(init=False)
    waiting: Gauge = field(init=False)
    problems: Counter = field(init=False)
    payloads: Counter = field(init=False)

    def __post_init__(self) -> None:
        """Make the numbers, all zero."""

        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        given = self.registry
        put("reads", Counter("fairplate_reads", "Reads, by outcome", ["outcome"], registry=given))
        put("alerts", Counter("fairplate_alerts", "Alerts raised", registry=given))
        put(
            "requests",
            Counter(
                "fairplate_requests",
                "Requests, by route and status",
                ["method", "route", "status"],
                registry=given,
            ),
        )
        put(
            "seconds",
            Histogram(
                "fairplate_request_seconds",
                "How long requests took, by route",
                ["route"],
                buckets=_SECONDS,
                registry=given,
            ),
        )
        put(
            "payloads",
            Counter(
                "fairplate_payloads",
                "Payloads of vendors, by what they were",
                ["vendor", "kind"],
                registry=given,
            ),
        )
        put("waiting", Gauge("fairplate_reads_waiting", "Reads before the intake", registry=given))
        put(
            "problems",
            Counter("fairplate_problems", "Problems told, by part", ["part"], registry=given),
        )

    def count_taken(self, taken: Iterable[Taken]) -> None:
        """Count what became of reads."""
        for one in taken:
            self.reads.labels(one.outcome.value).inc()
            self.alerts.inc(len(one.alerts))

    def text(self) -> bytes:
        """Return all numbers in Prometheus' text format."""
        return generate_latest(self.registry)
