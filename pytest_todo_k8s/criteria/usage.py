"""Derives rates and peaks from readings of a container's cgroup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import void

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.measurements import ContainerUsage, UsageSample

CPU_WINDOW_S: Final = 5.0
"""Seconds over which CPU use is averaged before its highest value is taken."""


def cpu_cores(usage: ContainerUsage) -> list[tuple[float, float]]:
    """Return CPU use over windows of `CPU_WINDOW_S`, as (end of the window in seconds, cores).

    Raises:
        Unjudged: The container has no reading that spans a window, or its counter went backwards (it restarted).
    """
    windows = list(_windows(usage.samples))
    if not windows:
        why = f": {usage.samples_reason}" if usage.samples_reason else ""
        raise void(f"CPU use of {usage.pod}/{usage.container} was read for less than {CPU_WINDOW_S:.0f} s{why}")
    if any(late.cpu_s < early.cpu_s for early, late in windows):
        raise void(f"the CPU counter of {usage.pod}/{usage.container} went backwards: the container restarted")
    return [(late.at_s, (late.cpu_s - early.cpu_s) / (late.at_s - early.at_s)) for early, late in windows]


def cpu_shares(usage: ContainerUsage) -> list[tuple[float, float]]:
    """Return CPU use over windows of `CPU_WINDOW_S`, as (end of the window in seconds, share of the limit).

    Raises:
        Unjudged: As `cpu_cores`.
    """
    limit = usage.cpu_limit_cores
    if not limit:
        raise ValueError("a container without a CPU limit has no share of it")
    return [(at_s, cores / limit) for at_s, cores in cpu_cores(usage)]


def memory_shares(usage: ContainerUsage) -> list[tuple[float, float]]:
    """Return the working set, as (time in seconds, share of the limit)."""
    limit = usage.memory_limit_bytes
    if not limit:
        raise ValueError("a container without a memory limit has no share of it")
    return [(sample.at_s, sample.working_set_bytes / limit) for sample in usage.samples]


def throttled_share(samples: Sequence[UsageSample]) -> float | None:
    """Return the share of scheduler periods in which the container was held back; None where it was not read."""
    known = [
        (s.throttled_periods, s.periods) for s in samples if s.throttled_periods is not None and s.periods is not None
    ]
    if len(known) < 2:  # noqa: PLR2004  a difference needs two readings
        return None
    throttled, periods = known[-1][0] - known[0][0], known[-1][1] - known[0][1]
    return throttled / periods if periods > 0 else 0.0


def _windows(samples: Sequence[UsageSample]) -> list[tuple[UsageSample, UsageSample]]:
    """Pair each reading with the last one that lies at least a window before it."""
    pairs: list[tuple[UsageSample, UsageSample]] = []
    first = 0
    for late in samples:
        while first + 1 < len(samples) and samples[first + 1].at_s <= late.at_s - CPU_WINDOW_S:
            first += 1
        if samples[first].at_s <= late.at_s - CPU_WINDOW_S:
            pairs.append((samples[first], late))
    return pairs
