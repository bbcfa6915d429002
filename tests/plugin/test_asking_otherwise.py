"""Runs that ask for other than the eleven promises: fewer, tighter, looser, stricter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.gate import EXPECTED
from pytest_todo_k8s.measurements import Sample
from tests.unit.criteria import sample_run

if TYPE_CHECKING:
    from tests.plugin.project import Project

BARE = ("-p", "no:xdist", "-p", "no:html")


@pytest.mark.parametrize("way", [(), ("-n2",)])
def test_some_criteria_only(project: Project, way: tuple[str, ...]) -> None:
    status, output = project.run("--todo-only=SC-003,SC-008", *way)
    assert (status, project.left()) == (0, []), output
    assert "partial run: not a gate (narrowed by --todo-only to SC-003, SC-008)" in output
    assert "PASS: 2 of 2 criteria met" in output
    evidence = project.evidence
    assert evidence.run.partial
    verdicts = {result.id: result.verdict for result in evidence.criteria}
    assert len(verdicts) == 11
    assert {name for name, verdict in verdicts.items() if verdict is Verdict.PASS} == {"SC-003", "SC-008"}
    assert len(project.junit.findall(".//skipped")) == len(EXPECTED) - 6
    assert "<title>PASS: 2 of 2 criteria met" in (project.out / "report.html").read_text()


def test_a_failure_that_was_not_asked_for_is_not_judged(project: Project) -> None:
    sample = sample_run.green()
    assert sample.build
    sample.build.wall_s = 301.0
    project.sample(sample)
    assert project.run("--todo-only=SC-003", *BARE)[0] == 0
    assert project.run("--todo-only=SC-001", *BARE)[0] == 1


@pytest.mark.parametrize("way", [(), ("-n2",)])
def test_tighter_limit_fails_and_is_a_gate(project: Project, way: tuple[str, ...]) -> None:
    status, output = project.run("--todo-limit=SC-001=60", *way)
    assert (status, project.left()) == (1, []), output
    assert "partial run" not in output
    assert "not under the limit of 60 s" in output
    assert not project.evidence.run.partial
    assert project.evidence.criteria[0].limit == 60


def test_a_lighter_load_is_no_gate(project: Project) -> None:
    status, output = project.run("--todo-load=5/30s", *BARE)
    assert (status, project.left()) == (0, []), output
    assert "partial run: not a gate (a lighter load: 5 requests a second for 30 s)" in output


def test_looser_limit_passes_and_is_no_gate(project: Project) -> None:
    sample = sample_run.green()
    assert sample.build
    sample.build.wall_s = 301.0
    project.sample(sample)
    status, output = project.run("--todo-limit=SC-001=400", *BARE)
    assert (status, project.left()) == (0, []), output
    assert "partial run: not a gate (looser limits: SC-001-wall 300 -> 400 s)" in output
    assert project.evidence.run.partial


def test_borderline_passes_unless_the_run_is_strict(project: Project) -> None:
    sample = sample_run.green()
    assert sample.measure
    assert sample.measure.backend
    times = [1.5 if number % 20 == 0 else 0.1 for number in range(181)]
    sample.measure.backend.samples = [Sample(duration_s=duration_s, ok=True) for duration_s in times]
    project.sample(sample)
    status, output = project.run(*BARE)
    assert status == 0, output
    assert "PASS: 10 of 11 criteria met" in output
    status, output = project.run("--todo-strict", *BARE)
    assert status == 1, output
    assert "borderline, which a strict run does not let pass" in output
