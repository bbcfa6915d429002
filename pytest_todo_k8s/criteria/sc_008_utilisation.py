"""SC-008: how much of their limits the containers use under a declared load."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.application import BACKEND, FRONTEND
from pytest_todo_k8s.criteria.criterion import Aspect, Criterion, Finding, limit_of, under, void
from pytest_todo_k8s.criteria.cross_check import doubt
from pytest_todo_k8s.criteria.usage import cpu_shares, memory_shares
from pytest_todo_k8s.evidence import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.measurements import ContainerUsage, Load

LIMIT_PERCENT: Final = 80.0
PARTS: Final = (BACKEND, FRONTEND)
COVERAGE: Final = 0.9
"""Share of the declared load that must really have been sent, and of its time that must have been sampled."""
LONGEST_GAP_S: Final = 5.0
FAILED_SHARE: Final = 0.05
"""Share of failed requests from which on the load is no load."""


def _cpu(part: str, evidence: Evidence) -> Finding:
    usages = _usages(part, evidence)
    unlimited = [usage for usage in usages if not usage.cpu_limit_cores]
    limit = limit_of(evidence, f"SC-008-{part}-cpu", LIMIT_PERCENT)
    return _no_limit(unlimited, "CPU") or _highest(usages, cpu_shares, limit, "highest 5 s CPU window")


def _memory(part: str, evidence: Evidence) -> Finding:
    usages = _usages(part, evidence)
    unlimited = [usage for usage in usages if not usage.memory_limit_bytes]
    limit = limit_of(evidence, f"SC-008-{part}-memory", LIMIT_PERCENT)
    return _no_limit(unlimited, "memory") or _highest(usages, memory_shares, limit, "highest working set")


def _no_limit(unlimited: list[ContainerUsage], what: str) -> Finding | None:
    if not unlimited:
        return None
    names = ", ".join(f"{usage.pod}/{usage.container}" for usage in unlimited)
    return Finding(Verdict.FAIL, None, f"{names} has no {what} limit")


def _highest(
    usages: list[ContainerUsage],
    shares: Callable[[ContainerUsage], list[tuple[float, float]]],
    limit: float,
    what: str,
) -> Finding:
    """Judge the highest share of all pods of an application against a limit in percent."""
    peaks = [(max(share for _, share in shares(usage)), usage) for usage in usages]
    share, usage = max(peaks, key=lambda peak: peak[0])
    return under(share * 100, limit, "%", f"{what} of {usage.pod}/{usage.container}")


def _usages(part: str, evidence: Evidence) -> list[ContainerUsage]:
    """Return the use of every container of a part of the application, checked for completeness.

    Raises:
        Unjudged: A pod, samples or the load itself are missing.
    """
    measure = evidence.measure
    if measure is None or measure.load is None:
        raise void("no load was sent")
    _check_load(measure.load)
    app = evidence.run.apps[part]
    usages = [usage for usage in measure.usage if usage.app == app]
    measured = {usage.pod for usage in usages}
    pods = [pod for pod in (evidence.deploy.pods if evidence.deploy else []) if pod.app == app]
    missing = [pod.name for pod in pods if pod.name not in measured]
    if missing or not usages:
        raise void(f"use of {', '.join(missing) or app} was not measured")
    for usage in usages:
        _check_samples(usage, measure.load)
        if said := doubt(usage):
            raise void(said)
    return usages


def _check_load(load: Load) -> None:
    declared = load.rate_per_s * load.duration_s
    if load.requests < COVERAGE * declared or load.requests == 0:
        raise void(f"only {load.requests} of {declared:.0f} declared requests were sent, so this was not the load")
    if load.errors > FAILED_SHARE * load.requests:
        raise void(f"{load.errors} of {load.requests} requests of the load failed, so this was not the load")


def _check_samples(usage: ContainerUsage, load: Load) -> None:
    times = [sample.at_s for sample in usage.samples]
    name = f"{usage.pod}/{usage.container}"
    if not times or times[-1] - times[0] < COVERAGE * load.duration_s:
        why = f": {usage.samples_reason}" if usage.samples_reason else ""
        raise void(f"use of {name} was not sampled over the whole load{why}")
    gap = max(late - early for early, late in pairwise(times))
    if gap > LONGEST_GAP_S:
        raise void(f"use of {name} was not sampled for {gap:.0f} s")


CRITERION: Final = Criterion(
    id="SC-008",
    title="CPU and memory stay under 80 % of their limits",
    promise="Resource utilization stays within recommended limits (CPU < 80%, Memory < 80%)",
    method=(
        "Under a declared load each container's cgroup is read every second, on the node, or, where nodes are out of "
        "reach, by a process in the container, whose own use is then in the figures; the highest 5 s CPU window and "
        "the highest working set of the worst pod count against the container's limit; metrics.k8s.io must not "
        "grossly disagree; the database is measured and not judged, the emulator, which stands for a service outside, "
        "is left out"
    ),
    aspects=tuple(
        Aspect(
            f"{part}-{what}",
            "%",
            LIMIT_PERCENT,
            ("measure",),
            partial(judge, part),
            settings=(f"{part}.app", "frontend.load"),
        )
        for part in PARTS
        for what, judge in (("cpu", _cpu), ("memory", _memory))
    ),
)
