"""Use of CPU and memory against the limits: SC-008."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.criteria.criterion import Unjudged
from pytest_todo_k8s.criteria.cross_check import doubt
from pytest_todo_k8s.criteria.figures import figure
from pytest_todo_k8s.criteria.sc_008_utilisation import LIMIT_PERCENT
from pytest_todo_k8s.criteria.usage import cpu_shares, memory_shares, throttled_share
from pytest_todo_k8s.report.blocks import Block, Facts, Figure, Table
from pytest_todo_k8s.report.graphics import share_series

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.measurements import ContainerUsage, Load

    Points = list[tuple[float, float]]


def utilisation(evidence: Evidence) -> list[Block]:
    """Show the load, each container's peaks, its use over time, and metrics.k8s.io beside it."""
    measure = evidence.measure
    if measure is None:
        return []
    source = (("Read from", measure.usage_source or "nothing"), *_unread(measure.usage))
    blocks: list[Block] = [Facts(source + (_load(measure.load) if measure.load else (("Load", "none was sent"),)))]
    if measure.usage:
        blocks.append(_peaks(measure.usage))
    for usage in measure.usage:
        blocks += _container(usage)
    return blocks


def _unread(usages: list[ContainerUsage]) -> tuple[tuple[str, str], ...]:
    """Say of which containers there are no readings, or not all, and why."""
    return tuple(
        (f"{usage.pod}/{usage.container}", f"not measured: {usage.samples_reason}")
        for usage in usages
        if usage.samples_reason
    )


def _load(load: Load) -> tuple[tuple[str, str], ...]:
    rate = f"{figure(load.rate_per_s, 'requests')} a second for {figure(load.duration_s, 's')}"
    asked = f"{rate}, open loop, to {load.target}"
    return (("Load declared", asked), ("Load sent", f"{load.requests} requests, {load.errors} failed"))


def _peaks(usages: list[ContainerUsage]) -> Table:
    head = (
        "Container",
        "CPU limit",
        "Highest 5 s CPU",
        "Memory limit",
        "Highest working set",
        "Throttled",
        "metrics.k8s.io",
    )
    return Table("Peaks against the limits", head, tuple(_peak(usage) for usage in usages), figures=(1, 2, 3, 4, 5))


def _peak(usage: ContainerUsage) -> tuple[str, ...]:
    throttled = throttled_share(usage.samples)
    return (
        f"{usage.pod}/{usage.container}",
        f"{usage.cpu_limit_cores * 1000:.0f} m" if usage.cpu_limit_cores else "no limit",
        _highest(_shares(cpu_shares, usage, usage.cpu_limit_cores)),
        f"{usage.memory_limit_bytes / 1024**2:.0f} MiB" if usage.memory_limit_bytes else "no limit",
        _highest(_shares(memory_shares, usage, usage.memory_limit_bytes)),
        "not measured" if throttled is None else figure(throttled * 100, "%") + " of periods",
        _metrics(usage),
    )


def _shares(shares: Callable[[ContainerUsage], Points], usage: ContainerUsage, limit: float | None) -> Points:
    """Return shares of the limit, or nothing where there is no limit or no reading."""
    try:
        return shares(usage) if limit else []
    except Unjudged:
        return []


def _highest(points: Points) -> str:
    return figure(max(share for _, share in points) * 100, "%") if points else "not measured"


def _metrics(usage: ContainerUsage) -> str:
    sample = usage.metrics_api
    if sample is None:
        return usage.metrics_reason or "not asked"
    agrees = "in doubt" if doubt(usage) else "agrees" if sample.at_s is not None else "not compared"
    return (
        f"{agrees}: {sample.cpu_cores * 1000:.0f} m, {sample.memory_bytes / 1024**2:.0f} MiB, "
        f"{figure(sample.age_s, 's')} old, over {figure(sample.window_s, 's')}"
    )


def _container(usage: ContainerUsage) -> list[Block]:
    name = f"{usage.pod}/{usage.container}"
    cpu, memory = (
        _shares(cpu_shares, usage, usage.cpu_limit_cores),
        _shares(memory_shares, usage, usage.memory_limit_bytes),
    )
    if not cpu or not memory:
        return []
    label = f"{name}: CPU up to {_highest(cpu)}, memory up to {_highest(memory)} of its limit"
    graphic = share_series([("cpu", cpu), ("memory", memory)], LIMIT_PERCENT / 100, label)
    caption = f"{name}: CPU (solid) and memory (dotted) from 0 to 100 % of the limits; dashed: {LIMIT_PERCENT:.0f} %"
    rows = tuple(
        (
            f"{sample.at_s:.1f} s",
            f"{sample.cpu_s:.3f} s",
            f"{sample.working_set_bytes / 1024**2:.1f} MiB",
            "not read" if sample.throttled_periods is None else f"{sample.throttled_periods} of {sample.periods}",
        )
        for sample in usage.samples
    )
    head = ("Since the run began", "CPU time so far", "Working set", "Throttled periods")
    return [Figure(graphic, caption), Table(f"Readings of {name}", head, rows, (0, 1, 2, 3), folded=True)]
