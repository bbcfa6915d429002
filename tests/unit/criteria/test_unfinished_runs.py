"""Verdicts of runs that did not come to their end: stopped by a phase, interrupted, dead."""

from __future__ import annotations

import pytest

from pytest_todo_k8s.criteria import judge
from pytest_todo_k8s.evidence import PHASES, Command, Evidence, PhaseName, Run, Verdict
from pytest_todo_k8s.measurements import Check, Deploy, Manifests, Measure, Page
from tests.unit.criteria.sample_run import green, stopped_at


def part(evidence: Evidence, part_id: str) -> tuple[Verdict, str]:
    """Verdict and reason of a part, by `SC-00n-part`."""
    return next(
        (each.verdict, each.reason)
        for result in judge(evidence)
        for each in result.parts
        if f"{result.id}-{each.name}" == part_id
    )


def never_ready() -> Deploy:
    """A deployment of which not all pods became ready."""
    deploy = green().deploy
    assert deploy
    deploy.ready_s = None
    return deploy


def command(**values: object) -> Command:
    base = {"phase": "build", "argv": ["docker", "build"], "start_s": 1.0, "duration_s": 2.0, "exit_code": 1}
    return Command.model_validate({**base, **values})


@pytest.mark.parametrize("name", [name for name in PHASES if name != "teardown"])
def test_a_failed_phase_blocks_what_needs_it_and_nothing_passes_after_it(name: PhaseName) -> None:
    evidence = stopped_at(name, "the disk is full")
    found = judge(evidence)
    blocked = [result for result in found if result.verdict is Verdict.BLOCKED]
    assert blocked
    assert all(result.reason == f"BLOCKED by {name}: the disk is full" for result in blocked)
    assert {result.verdict for result in found} <= {Verdict.PASS, Verdict.BLOCKED}


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        ("preflight", []),
        ("build", []),
        ("load", ["SC-001", "SC-002"]),
        ("deploy", ["SC-001", "SC-002"]),
        ("settle", ["SC-001", "SC-002"]),
        ("measure", ["SC-001", "SC-002", "SC-003", "SC-007", "SC-009"]),
        ("exercise", ["SC-001", "SC-002", "SC-003", "SC-004", "SC-005", "SC-007", "SC-008", "SC-009"]),
        ("parity", ["SC-001", "SC-002", "SC-003", "SC-004", "SC-005", "SC-006", "SC-007", "SC-008", "SC-009"]),
    ],
)
def test_what_was_measured_before_the_failed_phase_keeps_its_verdict(name: PhaseName, passes: list[str]) -> None:
    found = judge(stopped_at(name, "x"))
    assert [result.id for result in found if result.verdict is Verdict.PASS] == passes


def test_a_run_that_died_is_incomplete_after_its_last_phase() -> None:
    evidence = green()
    evidence.phases = evidence.phases[:4]
    evidence.settle = evidence.measure = evidence.exercise = evidence.parity = None
    found = {result.id: result for result in judge(evidence)}
    assert found["SC-001"].verdict is Verdict.PASS
    assert found["SC-004"].verdict is Verdict.INCOMPLETE
    assert found["SC-004"].reason == "the run ended before its measure phase"


def test_evidence_without_anything_passes_nowhere() -> None:
    evidence = Evidence(run=Run(id="x", started_at="", namespace="n", cluster="minikube"))
    assert {result.verdict for result in judge(evidence)} == {Verdict.INCOMPLETE}
    evidence.phases = green().phases
    assert {result.verdict for result in judge(evidence)} == {Verdict.INCOMPLETE}


def test_pods_that_never_became_ready_fail_the_promise() -> None:
    """A deployment that does not come up is the product's fault; what needs it is blocked."""
    evidence = stopped_at("deploy", "todo-backend: ErrImageNeverPull: image todo-backend:nope is not on the node")
    evidence.deploy = never_ready()
    verdict, reason = part(evidence, "SC-003-ready")
    assert verdict is Verdict.FAIL
    assert "ErrImageNeverPull" in reason
    assert part(evidence, "SC-003-stay-ready")[0] is Verdict.BLOCKED


def test_a_page_that_is_not_there_fails_though_no_load_could_begin() -> None:
    evidence = stopped_at("measure", "the load can't begin: connection refused")
    evidence.measure = Measure(
        page=Page(
            url="http://192.0.2.7:30080", status=None, title=None, element="x", element_found=False, error="refused"
        )
    )
    assert part(evidence, "SC-004-page") == (Verdict.FAIL, "http://192.0.2.7:30080 does not answer: refused")
    assert part(evidence, "SC-004-load-time")[0] is Verdict.BLOCKED
    assert part(evidence, "SC-005-health")[0] is Verdict.BLOCKED
    assert part(evidence, "SC-008-backend-cpu")[0] is Verdict.BLOCKED


def test_an_interrupted_deployment_is_no_failure() -> None:
    evidence = stopped_at("deploy", "it was interrupted")
    evidence.deploy = never_ready()
    evidence.run.interrupted = True
    assert part(evidence, "SC-003-ready")[0] is Verdict.BLOCKED
    evidence.run.interrupted = False
    evidence.phases = evidence.phases[:3]
    assert part(evidence, "SC-003-ready")[0] is Verdict.INCOMPLETE


def test_a_build_that_ran_past_the_limit_fails_though_it_never_ended() -> None:
    evidence = stopped_at("build", "docker build was ended after 900 s")
    evidence.commands.append(command(duration_s=900.0, timed_out=True, exit_code=-15))
    assert part(evidence, "SC-001-wall")[0] is Verdict.FAIL
    assert part(evidence, "SC-010-time-outs")[0] is Verdict.BLOCKED


def test_a_prompt_fails_though_the_phase_stopped_because_of_it() -> None:
    evidence = stopped_at("build", "docker build ended with status 1")
    evidence.commands.append(command(prompt="Username:"))
    verdict, reason = part(evidence, "SC-010-human-steps")
    assert verdict is Verdict.FAIL
    assert "Username:" in reason


def test_a_broken_chart_fails_though_the_deploy_phase_stopped_because_of_it() -> None:
    evidence = stopped_at("deploy", "helm lint failed")
    evidence.manifests = Manifests(checks=[Check(name="lint: values.yaml", ok=False, detail="templates/x.yaml:3: bad")])
    verdict, reason = part(evidence, "SC-009-validation")
    assert verdict is Verdict.FAIL
    assert "templates/x.yaml:3: bad" in reason
