"""Series of timed actions in an open loop: what latency under the sampling rule is taken from.

Open loop: each action has its time of sending, whatever became of the one before, and its latency counts from that
time; so an answer that is late makes nothing look faster. Needs the standard library alone, because the same code
runs inside the cluster (`pytest_todo_k8s.measuring.probe`).
"""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from math import ceil
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.measuring.sampling import LOOKS, decide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

WARMUPS: Final = 5
"""Actions before the series, one after the other, reported apart."""
CALIBRATIONS: Final = 20
"""No-ops before and again after the series."""
CALIBRATION_INTERVAL_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Timing:
    """One action: seconds from its time of sending to its end, and what was wrong with its answer, if anything."""

    duration_s: float
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How a series is taken.

    Attributes:
        limit_s: Seconds from which an answer is slow.
        interval_s: Seconds from one sending to the next.
        timeout_s: Longest time an action takes by itself before it gives up.
    """

    limit_s: float
    interval_s: float
    timeout_s: float

    @property
    def workers(self) -> int:
        """Threads needed so that an action waits for none before it."""
        return ceil(self.timeout_s / self.interval_s) + 1

    def rates(self, count: int, sampling_s: float) -> dict[str, float]:
        """Return how many actions a second were asked for, and how many were reached by `count` in `sampling_s`."""
        asked = 1 / self.interval_s
        return {"asked_per_s": asked, "reached_per_s": min(asked, count / sampling_s) if sampling_s else 0.0}

    def towards(self, limit_s: float) -> Pace:
        """Return the same pace for another limit; with a longer one an action may take longer in proportion."""
        return replace(self, limit_s=limit_s, timeout_s=self.timeout_s * max(1.0, limit_s / self.limit_s))


@dataclass(slots=True)
class Series:
    """What was taken: warm-ups, samples in order of sending, and no-op latencies before and after.

    `sampling_s` are the seconds that the samples took together.
    """

    warmup: list[Timing] = field(default_factory=list)
    samples: list[Timing] = field(default_factory=list)
    calibration_s: list[float] = field(default_factory=list)
    sampling_s: float = 0.0


def take(action: Callable[[], str | None], pace: Pace) -> Series:
    """Take a series by the sampling rule: no-ops, warm-ups, samples until a look decides, no-ops.

    Args:
        action: Does one thing and returns what was wrong, or None. It must be safe in several threads at once.
        pace: Limit, interval and time-out.
    """
    series = Series()
    with threads(pace.workers) as pool:
        series.warmup = [timed(action, time.monotonic()) for _ in range(WARMUPS)]
        series.calibration_s = _calibrate(pool)
        for look in LOOKS:
            started_s = time.monotonic()
            series.samples += open_loop(pool, [action], look - len(series.samples), pace.interval_s)
            series.sampling_s += time.monotonic() - started_s
            slow = sum(1 for sample in series.samples if sample.error or sample.duration_s >= pace.limit_s)
            if decide(slow, look) != "more":
                break
        series.calibration_s += _calibrate(pool)
    return series


def open_loop(
    pool: ThreadPoolExecutor, actions: Sequence[Callable[[], str | None]], count: int, interval_s: float
) -> list[Timing]:
    """Send `count` actions in turn, one every `interval_s` seconds, and return their timings in order of sending."""
    start_s = time.monotonic()
    turns = islice(cycle(actions), count)
    sent = [pool.submit(timed, action, start_s + place * interval_s) for place, action in enumerate(turns)]
    return [each.result() for each in sent]


def timed(action: Callable[[], str | None], due_s: float) -> Timing:
    """Wait for the due time (monotonic clock) and time the action from there."""
    time.sleep(max(0.0, due_s - time.monotonic()))
    error = action()
    return Timing(time.monotonic() - due_s, error)


@contextlib.contextmanager
def threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads that take no new work once the block is left, by an interrupt too."""
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _calibrate(pool: ThreadPoolExecutor) -> list[float]:
    """Time the same machinery with nothing to do: what is late here is the machine's, not the application's."""
    return [each.duration_s for each in open_loop(pool, [_nothing], CALIBRATIONS, CALIBRATION_INTERVAL_S)]


def _nothing() -> None:
    return None
