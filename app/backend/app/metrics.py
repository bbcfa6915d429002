"""Counters of the process in the Prometheus text format (version 0.0.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the duration histogram in seconds; 0.5 is the limit of the page and API criteria."""

Labels = tuple[tuple[str, str], ...]


class Counter:
    """A number per set of labels that only grows."""

    def __init__(self, name: str, text: str) -> None:
        """``text`` becomes the HELP line."""
        self.name, self.text = name, text
        self._values: defaultdict[Labels, float] = defaultdict(float)

    def add(self, amount: float = 1.0, **labels: str) -> None:
        """Add to the number that belongs to the labels."""
        self._values[tuple(labels.items())] += amount

    def lines(self) -> Iterator[str]:
        """Yield the lines of the exposition."""
        yield from _head(self.name, self.text, "counter")
        for labels, value in self._values.items():
            yield f"{self.name}{_labels(labels)} {value:g}"


class Histogram:
    """Durations in seconds per set of labels."""

    def __init__(self, name: str, text: str) -> None:
        """``text`` becomes the HELP line."""
        self.name, self.text = name, text
        self._counts: defaultdict[Labels, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS_S) + 1))
        self._sums: defaultdict[Labels, float] = defaultdict(float)

    def observe(self, seconds: float, **labels: str) -> None:
        """Count one duration."""
        key = tuple(labels.items())
        place = next((index for index, bound in enumerate(BUCKETS_S) if seconds <= bound), len(BUCKETS_S))
        self._counts[key][place] += 1
        self._sums[key] += seconds

    def lines(self) -> Iterator[str]:
        """Yield the lines of the exposition; bucket counts are cumulative."""
        yield from _head(self.name, self.text, "histogram")
        for labels, counts in self._counts.items():
            total = 0
            for bound, count in zip([*(f"{bound:g}" for bound in BUCKETS_S), "+Inf"], counts, strict=True):
                total += count
                yield f"{self.name}_bucket{_labels((*labels, ('le', bound)))} {total}"
            yield f"{self.name}_sum{_labels(labels)} {self._sums[labels]:.6f}"
            yield f"{self.name}_count{_labels(labels)} {total}"


class Metrics:
    """All numbers of one process. Labels hold methods, route templates and statuses, never user data."""

    def __init__(self) -> None:
        """Start at zero."""
        self.requests = Counter("http_requests_total", "Requests by method, route template and status.")
        self.durations = Histogram("http_request_duration_seconds", "Durations by method and route template.")
        self.turns = Counter("chat_turns_total", "Chat turns by outcome.")
        self.model_calls = Counter("model_calls_total", "Requests to the model by HTTP status, timeout or unreachable.")

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one finished request."""
        self.requests.add(method=method, route=route, status=str(status))
        self.durations.observe(seconds, method=method, route=route)

    def exposition(self, pool: Mapping[str, int]) -> str:
        """Return the text of ``/metrics``; ``pool`` is the number of database connections by state."""
        families = (self.requests, self.durations, self.turns, self.model_calls)
        lines = [line for family in families for line in family.lines()]
        lines += _head("db_pool_connections", "Database connections by state.", "gauge")
        lines += [f"db_pool_connections{_labels((('state', state),))} {count}" for state, count in pool.items()]
        return "\n".join(lines) + "\n"


def _head(name: str, text: str, kind: str) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]


def _labels(labels: Labels) -> str:
    # Values are methods, route templates, statuses and bounds from this code: nothing in them needs escaping.
    return "{" + ",".join(f'{key}="{value}"' for key, value in labels) + "}" if labels else ""
