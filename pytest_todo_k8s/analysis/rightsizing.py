"""Requests and limits that fit what was measured, as a values file of the chart with a reason for each figure.

Requests cover what a container uses almost always, limits its peaks: request = p95 x 1.2, limit = the larger of twice
the request and the peak x 1.5; both rounded up, never below a floor. By that a peak as measured stays at two thirds of
its limit, under the 80 % of SC-008.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, Literal

from pytest_todo_k8s.analysis.results import Recommendation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_todo_k8s.analysis.results import Utilisation

FILE: Final = "values-recommended.yaml"
MEBI: Final = 1024**2
MARGIN: Final = 1.2
PEAK_MARGIN: Final = 1.5
CPU_STEP_M: Final = 10
MEMORY_STEP_MI: Final = 16
FLOORS: Final = {
    ("cpu", "requests"): 50,
    ("cpu", "limits"): 250,
    ("memory", "requests"): 64,
    ("memory", "limits"): 128,
}
"""Milli-cores and MiB. A container starts within the promised time only with some CPU to spare, and that work is over
before the load is measured: so the CPU limit's floor is a quarter of a core."""
Resource = Literal["cpu", "memory"]
Kind = Literal["requests", "limits"]
RESOURCES: Final[tuple[Resource, ...]] = ("cpu", "memory")


def recommend(measured: Iterable[Utilisation], prefix: str = "todo-") -> list[Recommendation]:
    """Work out requests and limits for each part of the chart, from the busiest of its pods.

    Args:
        measured: Summaries; windows of both kinds count. A part that was not measured under load gets none.
        prefix: What the `app` labels begin with, before the part's name.
    """
    parts: dict[str, list[Utilisation]] = {}
    for each in measured:
        parts.setdefault(each.app.removeprefix(prefix), []).append(each)
    return [
        figure
        for part, uses in parts.items()
        if any(use.window == "load" for use in uses)
        for resource in RESOURCES
        for figure in _figures(part, resource, uses)
    ]


def as_yaml(figures: Sequence[Recommendation], origin: str) -> str:
    """Write the figures as a values file, each with its reason; `origin` says what they were measured on."""
    lines = [
        f"# Written by todo-k8s, {origin}.",
        "# Review it, then: helm upgrade RELEASE CHART --reuse-values --values values-recommended.yaml",
    ]
    for part in dict.fromkeys(each.part for each in figures):
        lines += [f"{part}:", "  resources:"]
        for kind in ("requests", "limits"):
            lines.append(f"    {kind}:")
            lines += [
                f"      {each.resource}: {each.proposed}  # {each.reason}"
                for each in figures
                if each.part == part and each.kind == kind
            ]
    return "\n".join(lines) + "\n"


def _figures(part: str, resource: Resource, uses: list[Utilisation]) -> list[Recommendation]:
    p95, peak = (max(_amount(use, resource, what) for use in uses) for what in ("p95", "peak"))
    now_request, now_limit = (_amount(uses[0], resource, what) for what in ("request", "limit"))
    request, why = _rounded(p95 * MARGIN, resource, "requests", f"p95 {_show(p95, resource)} x {MARGIN}")
    twice, by_peak = 2 * request, peak * PEAK_MARGIN
    reason = (
        f"twice the request, more than peak {_show(peak, resource)} x {PEAK_MARGIN}"
        if twice >= by_peak
        else f"peak {_show(peak, resource)} x {PEAK_MARGIN}"
    )
    limit, why_limit = _rounded(max(twice, by_peak), resource, "limits", reason)
    kinds: tuple[tuple[Kind, float, int, str], ...] = (
        ("requests", now_request, request, why),
        ("limits", now_limit, limit, why_limit),
    )
    return [
        Recommendation(
            part=part,
            kind=kind,
            resource=resource,
            now=_unit(round(now), resource) if now else None,
            proposed=_unit(proposed, resource),
            reason=because + (f"; was {_unit(round(now), resource)}" if now else ""),
        )
        for kind, now, proposed, because in kinds
    ]


def _rounded(amount: float, resource: Resource, kind: Kind, reason: str) -> tuple[int, str]:
    step = CPU_STEP_M if resource == "cpu" else MEMORY_STEP_MI
    rounded, floor = math.ceil(amount / step - 1e-9) * step, FLOORS[resource, kind]
    if rounded < floor:
        return floor, f"{reason} is {_show(amount, resource)}, below the floor of {_unit(floor, resource)}"
    return rounded, f"{reason}, rounded up to {_unit(step, resource)}"


def _amount(use: Utilisation, resource: Resource, what: str) -> float:
    """Return a figure in milli-cores or MiB; 0 where there is none."""
    if resource == "cpu":
        return {
            "p95": use.cpu_p95_cores,
            "peak": use.cpu_peak_cores,
            "request": use.cpu_request_cores or 0.0,
            "limit": use.cpu_limit_cores or 0.0,
        }[what] * 1000
    return {
        "p95": use.memory_p95_bytes,
        "peak": use.memory_peak_bytes,
        "request": use.memory_request_bytes or 0,
        "limit": use.memory_limit_bytes or 0,
    }[what] / MEBI


def _unit(amount: int, resource: Resource) -> str:
    return f"{amount}m" if resource == "cpu" else f"{amount}Mi"


def _show(amount: float, resource: Resource) -> str:
    return f"{amount:.0f}m" if resource == "cpu" else f"{amount:.1f}Mi"
