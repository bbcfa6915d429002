"""Holds a container's cgroup readings against what metrics.k8s.io said of it: two ways to one figure.

metrics-server looks every 15 s, and averages CPU over that time, so only gross disagreement means something: a wrong
cgroup, a wrong unit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_todo_k8s.measurements import ContainerUsage, MetricsSample, UsageSample

FACTOR: Final = 2.0
"""One figure may be this many times the other."""
SLACK_CORES: Final = 0.1
SLACK_BYTES: Final = 32 * 1024**2
"""Differences up to here are none, whatever their factor."""


def doubt(usage: ContainerUsage) -> str | None:
    """Say where readings and metrics.k8s.io disagree; None: they agree, or can't be compared."""
    sample = usage.metrics_api
    if sample is None or sample.at_s is None or not usage.samples:
        return None
    name = f"{usage.pod}/{usage.container}"
    near = min(usage.samples, key=lambda each: abs(each.at_s - (sample.at_s or 0.0)))
    if _far(near.working_set_bytes, sample.memory_bytes, SLACK_BYTES):
        return (
            f"memory of {name} is in doubt: its cgroup says {near.working_set_bytes / 1024**2:.0f} MiB, metrics.k8s.io "
            f"{sample.memory_bytes / 1024**2:.0f} MiB"
        )
    cores = cores_meanwhile(usage.samples, sample)
    if cores is not None and _far(cores, sample.cpu_cores, SLACK_CORES):
        return (
            f"CPU use of {name} is in doubt: its cgroup says {cores * 1000:.0f} m over the {sample.window_s:.0f} s for "
            f"which metrics.k8s.io says {sample.cpu_cores * 1000:.0f} m"
        )
    return None


def cores_meanwhile(samples: list[UsageSample], sample: MetricsSample) -> float | None:
    """Return the CPU use, in cores, over the time that a sample of metrics.k8s.io averages; None: it was not read."""
    if sample.at_s is None:
        return None
    start_s, end_s = sample.at_s - sample.window_s, sample.at_s
    before = [each for each in samples if each.at_s <= start_s]
    until = [each for each in samples if each.at_s <= end_s]
    if not before or not until or until[-1].at_s <= before[-1].at_s:
        return None
    first, last = before[-1], until[-1]
    return (last.cpu_s - first.cpu_s) / (last.at_s - first.at_s)


def _far(one: float, other: float, slack: float) -> bool:
    low, high = sorted((one, other))
    return high - low > slack and high > FACTOR * low
