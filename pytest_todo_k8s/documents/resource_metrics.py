"""docs/resource-metrics.md: what the containers used in a run, and the figures that follow from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.analysis import rightsizing, utilisation
from pytest_todo_k8s.documents.markdown import code, page, table
from pytest_todo_k8s.errors import ConfigError

if TYPE_CHECKING:
    from pytest_todo_k8s.analysis.results import Recommendation, Utilisation
    from pytest_todo_k8s.evidence import Evidence


def text(evidence: Evidence) -> str:
    """Return the document.

    Raises:
        ConfigError: The run did not measure it.
    """
    measure, machine = evidence.measure, evidence.machine
    uses, figures = _found(evidence)
    if not uses or measure is None or measure.load is None or machine is None:
        raise ConfigError(f"run {evidence.run.id} did not measure the use of resources", "name another evidence.json")
    load = measure.load
    return page(
        "Use of resources",
        f"Measured on {evidence.run.started_at[:10]} by `pytest --todo-cluster={evidence.run.cluster} tests/acceptance`"
        f" (run {evidence.run.id}) on {machine.provider} with Kubernetes {machine.kubernetes}, {machine.runtime}, "
        f"{machine.cpus} CPUs and {machine.memory_bytes / 1024**3:.0f} GiB of memory.",
        f"Load: {load.rate_per_s:g} requests a second for {load.duration_s:g} s, open loop; {load.requests} sent, "
        f"{load.errors} failed. Read from: {measure.usage_source}. CPU is of windows of 5 s.",
        table(
            ("Container", "Window", "CPU p95", "CPU peak", "Memory p95", "Memory peak", "Of the limits"),
            (utilisation.row(each, f"{each.app}/{each.container}") for each in uses),
        ),
        "## Recommended requests and limits",
        "The rule stands in `pytest_todo_k8s/analysis/rightsizing.py`; a run writes `out/values-recommended.yaml`.",
        table(("Value", "Now", "Recommended", "Reason"), (_figure(each) for each in figures)),
        how=" --evidence out/evidence.json",
    )


def _found(evidence: Evidence) -> tuple[list[Utilisation], list[Recommendation]]:
    """Return what the analysers found; where a run was cut off before them, what follows from its readings."""
    if evidence.analysis and evidence.analysis.utilisation:
        return evidence.analysis.utilisation, evidence.analysis.recommendations
    uses, _ = utilisation.summarise(evidence.measure.usage if evidence.measure else [], "load")
    return uses, rightsizing.recommend(uses)


def _figure(each: Recommendation) -> tuple[str, ...]:
    return (
        code(f"{each.part}.resources.{each.kind}.{each.resource}"),
        each.now or "not read",
        each.proposed,
        each.reason,
    )
