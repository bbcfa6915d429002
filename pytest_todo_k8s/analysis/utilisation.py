"""Use of CPU and memory over a window, idle or under load, from the readings that SC-008 judges too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from pytest_todo_k8s.analysis.results import Utilisation
from pytest_todo_k8s.criteria.criterion import Unjudged
from pytest_todo_k8s.criteria.usage import cpu_cores

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_todo_k8s.measurements import ContainerUsage

Number = TypeVar("Number", int, float)
WindowName = Literal["idle", "load"]
LIMIT_RATIO: Final = 0.8
"""Share of its limit that a container should stay under (SC-008)."""


def summarise(usages: Iterable[ContainerUsage], window: WindowName) -> tuple[list[Utilisation], list[str]]:
    """Condense the readings of each container.

    Args:
        usages: Readings over the window.
        window: What the window was.

    Returns:
        One summary for each container, and a sentence for each that was not measured: never an estimate.
    """
    found, missing = [], []
    for usage in usages:
        try:
            found.append(_summary(usage, window))
        except Unjudged as reason:
            missing.append(f"{window}: {reason.reason}")
    return found, missing


def percentile(values: Sequence[Number], share: float) -> Number:
    """Return the smallest value that at least `share` of the values do not exceed (nearest rank).

    Raises:
        ValueError: There are no values.
    """
    if not values:
        raise ValueError("no values, no percentile")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def shares(each: Utilisation) -> dict[str, float | None]:
    """Return the p95 as shares of request and limit; None where there is none."""

    def ratio(used: float, of: float | None) -> float | None:
        return used / of if of else None

    return {
        "cpu of request": ratio(each.cpu_p95_cores, each.cpu_request_cores),
        "cpu of limit": ratio(each.cpu_p95_cores, each.cpu_limit_cores),
        "memory of request": ratio(each.memory_p95_bytes, each.memory_request_bytes),
        "memory of limit": ratio(each.memory_p95_bytes, each.memory_limit_bytes),
    }


def row(use: Utilisation, who: str) -> tuple[str, ...]:
    """Return the cells of a table row: `who`, window, CPU p95 and peak, memory p95 and peak, and how it stands."""
    return (
        who,
        f"{use.window}, {use.seconds:.0f} s",
        f"{use.cpu_p95_cores * 1000:.0f} m",
        f"{use.cpu_peak_cores * 1000:.0f} m",
        f"{use.memory_p95_bytes / 1024**2:.0f} MiB",
        f"{use.memory_peak_bytes / 1024**2:.0f} MiB",
        verdict(use),
    )


def verdict(each: Utilisation) -> str:
    """Say whether the p95 stays under 80 % of both limits."""
    found = shares(each)
    over = [name for name in ("cpu of limit", "memory of limit") if (found[name] or 0) >= LIMIT_RATIO]
    lacking = [name for name in ("cpu of limit", "memory of limit") if found[name] is None]
    if lacking:
        return f"no {' and no '.join(name.split()[0] for name in lacking)} limit"
    return f"over 80 %: {', '.join(over)}" if over else "under 80 %"


def _summary(usage: ContainerUsage, window: WindowName) -> Utilisation:
    cores = [used for _, used in cpu_cores(usage)]
    memory = [sample.working_set_bytes for sample in usage.samples]
    return Utilisation(
        app=usage.app,
        pod=usage.pod,
        container=usage.container,
        window=window,
        seconds=usage.samples[-1].at_s - usage.samples[0].at_s,
        cpu_p95_cores=percentile(cores, 0.95),
        cpu_peak_cores=max(cores),
        memory_p95_bytes=percentile(memory, 0.95),
        memory_peak_bytes=max(memory),
        cpu_request_cores=usage.cpu_request_cores,
        cpu_limit_cores=usage.cpu_limit_cores,
        memory_request_bytes=usage.memory_request_bytes,
        memory_limit_bytes=usage.memory_limit_bytes,
    )
