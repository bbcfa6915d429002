"""Cgroup readings against metrics.k8s.io."""

from __future__ import annotations

import pytest

from pytest_todo_k8s.criteria import judge
from pytest_todo_k8s.criteria.cross_check import cores_meanwhile, doubt
from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.measurements import ContainerUsage, MetricsSample, UsageSample
from tests.unit.criteria.sample_run import green

MIB = 1024**2


def usage(cores: float, memory: float, at_s: float | None = 130.0) -> ContainerUsage:
    """A container that uses 0.2 cores and 100 MiB for a minute, and what metrics.k8s.io says of it."""
    samples = [UsageSample(at_s=100.0 + n, cpu_s=5 + 0.2 * n, working_set_bytes=100 * MIB) for n in range(60)]
    said = MetricsSample(
        timestamp="", window_s=15.0, age_s=10.0, at_s=at_s, cpu_cores=cores, memory_bytes=int(memory * MIB)
    )
    return ContainerUsage(
        pod="p", app="todo-backend", container="c", cpu_limit_cores=0.5, memory_limit_bytes=512 * MIB, samples=samples
    ).model_copy(update={"metrics_api": said})


@pytest.mark.parametrize(
    ("cores", "memory", "said"),
    [
        (0.2, 100, None),
        (0.11, 60, None),
        (0.29, 131, None),
        (0.2, 210, "memory of p/c is in doubt: its cgroup says 100 MiB, metrics.k8s.io 210 MiB"),
        (0.2, 0.1, "memory of p/c is in doubt: its cgroup says 100 MiB, metrics.k8s.io 0 MiB"),
        (
            0.45,
            100,
            "CPU use of p/c is in doubt: its cgroup says 200 m over the 15 s for which metrics.k8s.io says 450 m",
        ),
        (
            0.05,
            100,
            "CPU use of p/c is in doubt: its cgroup says 200 m over the 15 s for which metrics.k8s.io says 50 m",
        ),
    ],
)
def test_gross_disagreement_only(cores: float, memory: float, said: str | None) -> None:
    assert doubt(usage(cores, memory)) == said


def test_what_can_not_be_compared_is_no_doubt() -> None:
    assert doubt(usage(9.0, 9000, at_s=None)) is None
    early = usage(9.0, 100, at_s=105.0)
    assert early.metrics_api
    assert cores_meanwhile(early.samples, early.metrics_api) is None
    assert doubt(early) is None


def test_a_doubt_makes_the_criterion_incomplete() -> None:
    evidence = green()
    assert evidence.measure
    said = evidence.measure.usage[1].metrics_api
    assert said
    said.at_s, said.memory_bytes = 200.0, 10**9
    parts = {part.name: part.verdict for part in judge(evidence)[7].parts}
    assert parts["backend-memory"] is Verdict.INCOMPLETE
    assert parts["frontend-memory"] is Verdict.PASS
