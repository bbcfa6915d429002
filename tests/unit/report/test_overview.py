"""The first screen over all ways a run can end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.criteria import judge
from pytest_todo_k8s.criteria.outcome import outcome
from pytest_todo_k8s.evidence import Evidence, Run, Verdict
from pytest_todo_k8s.report import overview
from tests.unit.criteria.sample_run import green, stopped_at

if TYPE_CHECKING:
    from collections.abc import Callable


def failed() -> Evidence:
    evidence = green()
    assert evidence.build
    evidence.build.images[0].size_bytes = evidence.build.images[0].history_bytes = 712_000_000
    evidence.criteria = judge(evidence)
    return evidence


def not_ready() -> Evidence:
    evidence = stopped_at("deploy", "todo-backend: ErrImageNeverPull")
    evidence.deploy = green().deploy
    assert evidence.deploy
    evidence.deploy.ready_s = None
    evidence.criteria = judge(evidence)
    return evidence


def with_run(**values: object) -> Evidence:
    evidence = green()
    for name, value in values.items():
        setattr(evidence.run, name, value)
    return evidence


def with_verdict(verdict: Verdict, reason: str) -> Evidence:
    evidence = green()
    evidence.criteria[4].verdict, evidence.criteria[4].reason = verdict, reason
    if verdict is not Verdict.BORDERLINE:
        evidence.criteria[4].measured = None
    return evidence


def left_behind() -> Evidence:
    evidence = with_run(status=12)
    assert evidence.cleanup
    evidence.cleanup.leftovers = ["namespace todo-app-dev"]
    evidence.cleanup.gone_after_s = None
    return evidence


def died() -> Evidence:
    evidence = green()
    evidence.phases, evidence.criteria, evidence.cleanup = evidence.phases[:3], [], None
    evidence.deploy = evidence.settle = evidence.measure = evidence.exercise = evidence.parity = None
    evidence.run.duration_s = evidence.run.status = None
    return evidence


def died_in_teardown() -> Evidence:
    evidence = green()
    evidence.criteria, evidence.cleanup = [], None
    return evidence


def empty() -> Evidence:
    return Evidence(run=Run(id="x", started_at="", namespace="n", cluster="minikube"))


ENDINGS: dict[str, tuple[Callable[[], Evidence], str, str]] = {
    "green": (green, "PASS: 11 of 11", "Every criterion was measured and is met."),
    "failed": (
        failed,
        "FAIL: 10 of 11",
        "SC-002 failed: backend image, unpacked: 712 MB, not under the limit of 300 MB.",
    ),
    "pods not ready": (not_ready, "FAIL: 2 of 11", "SC-003 failed: not all pods became ready: todo-backend: ErrImage"),
    "blocked in preflight": (
        lambda: stopped_at("preflight", "the engine does not answer", "start it"),
        "INCOMPLETE: 0 of 11",
        "The preflight phase failed: the engine does not answer. Start it.",
    ),
    "blocked in measure": (
        lambda: stopped_at("measure", "the probe did not start"),
        "INCOMPLETE: 5 of 11",
        "The measure phase failed: the probe did not start.",
    ),
    "borderline": (
        lambda: with_verdict(Verdict.BORDERLINE, "8 of 181"),
        "PASS: 10 of 11",
        "No criterion failed; 1 borderline.",
    ),
    "void": (
        lambda: with_verdict(Verdict.INCOMPLETE, "the machine stalled"),
        "INCOMPLETE: 10 of 11",
        "SC-005 has no verdict: the machine stalled.",
    ),
    "crashed": (
        lambda: with_verdict(Verdict.CRASHED, "the worker died"),
        "INCOMPLETE: 10 of 11",
        "SC-005 has no verdict: the worker died.",
    ),
    "not run": (
        lambda: with_verdict(Verdict.NOT_RUN, "not installed"),
        "INCOMPLETE: 10 of 11",
        "SC-005 has no verdict: not installed.",
    ),
    "partial": (lambda: with_run(partial=True), "PASS: 11 of 11", "partial run: not a gate. Every criterion"),
    "interrupted": (lambda: with_run(interrupted=True, status=2), "INCOMPLETE: 11 of 11", "The run was interrupted."),
    "another test failed": (lambda: with_run(status=1), "FAIL: 11 of 11", "All criteria are met, but another selected"),
    "odd status": (
        lambda: with_run(status=4),
        "INCOMPLETE: 11 of 11",
        "All criteria are met, but the run ended with exit",
    ),
    "left behind": (left_behind, "INCOMPLETE: 11 of 11", "Clean-up left behind: namespace todo-app-dev."),
    "died": (died, "INCOMPLETE: 2 of 11", "SC-003 has no verdict: the run ended before its deploy phase; and 8 more."),
    "died in teardown": (died_in_teardown, "INCOMPLETE: 11 of 11", "The run ended before its verdicts were recorded."),
    "empty": (empty, "INCOMPLETE: 0 of 11", "SC-001 has no verdict: the run ended before its preflight phase; and 10"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_title_cause_and_rows_for_every_ending(name: str) -> None:
    make, title, cause = ENDINGS[name]
    evidence = make()
    assert overview.title(evidence).startswith(title)
    assert overview.title(evidence).endswith(" criteria met - todo-k8s acceptance")
    assert overview.title(evidence).split(":")[0] == outcome(evidence)
    assert overview.cause(evidence).startswith(cause)
    rows = overview.rows(evidence)
    assert [row.id for row in rows] == [f"SC-{number:03}" for number in range(1, 12)]
    assert all(row.measured or row.reason for row in rows)


def test_figures_and_limits_of_a_green_run() -> None:
    shown = [(row.measured, row.limit, row.bar is not None) for row in overview.rows(green())]
    assert shown == [
        ("85.3 s", "< 300 s", True),
        ("158.9 MB (frontend)", "< 500 MB", True),
        ("9.4 s (ready)", "< 120 s", True),
        ("99 ms (load-time)", "< 3 s", True),
        ("6.6 ms", "< 1 s", True),
        ("0 problems", "no problems", False),
        ("0 hits", "no hits", False),
        ("22.2 % (backend-cpu)", "< 80 %", True),
        ("0 problems", "no problems", False),
        ("1 step", "at most 1 step", False),
        ("0 differences", "no differences", False),
    ]


def test_what_was_not_measured_says_why_and_never_zero() -> None:
    for row in overview.rows(stopped_at("build", "x" * 1000))[1:]:
        assert row.measured is None
        assert row.bar is None
        assert row.reason.startswith("BLOCKED by build: xxx")
        assert len(row.reason) == 150


def test_identity_names_what_was_judged() -> None:
    pairs = dict(overview.identity(green()))
    assert pairs["Commit"] == "7a0224ec1d0f"
    assert pairs["Chart"] == "todo-chatbot-chart-0.1.0, revision 1"
    assert pairs["Images"] == "backend 0123456789ab, frontend 0123456789ab"
    assert pairs["Cluster"] == "minikube todo-k8s, Kubernetes v1.34.4, containerd://2.1.4, 1 node, 2 CPUs, 24 GiB"
    assert pairs["Took"] == "5 min 18 s"
    assert dict(overview.identity(with_run(dirty=True)))["Commit"] == "7a0224ec1d0f with uncommitted changes"
    assert dict(overview.identity(empty())) == {
        "Commit": "not a git checkout",
        "Cluster": "minikube",
        "Started": "not known",
        "Took": "not known: the run died",
        "Run": "x",
    }


def test_cleanup_is_told_in_one_sentence() -> None:
    uid = "5b1f6a0e-8a43-4a57-9c55-0c1f5f6d2b11"
    assert overview.cleanup(green()) == f"namespace todo-app-dev (UID {uid}) gone after 11.2 s; 0 left behind"
    assert overview.cleanup(left_behind()) == (
        f"namespace todo-app-dev (UID {uid}) was not seen gone; 1 left behind: namespace todo-app-dev"
    )
    assert overview.cleanup(died()) == "not recorded: the run ended before it"
    nothing = green()
    assert nothing.cleanup
    nothing.cleanup.uid = None
    assert overview.cleanup(nothing) == "no namespace was made; 0 left behind"
