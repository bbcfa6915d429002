"""Deployments that stay after their run, and runs beside each other."""

from __future__ import annotations

import datetime as dt
import signal
from typing import TYPE_CHECKING

import pytest

from tests.plugin.hanging import hang

if TYPE_CHECKING:
    from tests.plugin.project import Project

BARE = ("-p", "no:xdist", "-p", "no:html")


@pytest.mark.parametrize("way", [BARE, ("-n2",)])
def test_kept_deployment_stays_until_it_is_reaped(project: Project, way: tuple[str, ...]) -> None:
    status, output = project.run("--todo-keep=always", *way)
    assert status == 0, output
    cleanup = project.evidence.cleanup
    assert cleanup
    run_id = project.evidence.run.id
    assert f"kept: namespace todo-app-dev (UID {cleanup.uid}) and its images until " in output
    assert f"`todo-k8s reap {run_id}` takes it down" in output
    assert project.left() == ["todo-app-dev", "todo-backend:stub", "todo-frontend:stub", run_id], "and no process"
    notes = project.api.namespaces["todo-app-dev"]["metadata"]["annotations"]
    assert notes["todo-k8s.dev/kept"] == "true"
    assert int(notes["todo-k8s.dev/ttl-seconds"]) >= 8 * 3600
    assert project.todo_k8s("reap") == (0, "todo-k8s: nothing to reap\n")
    status, output = project.todo_k8s("reap", run_id)
    assert (status, project.left()) == (0, []), output


def test_kept_deployment_is_in_the_way_of_the_next_run_and_says_so(project: Project) -> None:
    project.run("--todo-keep=always", *BARE)
    run_id = project.evidence.run.id
    status, output = project.run(*BARE)
    assert status == 10, output
    assert f"the namespace todo-app-dev is kept by the run {run_id} until " in output
    assert "todo-app-dev" in project.api.namespaces
    status, output = project.run("--todo-namespace=auto", *BARE)
    assert status == 0, output
    assert list(project.api.namespaces) == ["todo-app-dev"]


def test_kept_deployment_whose_time_is_over_is_swept(project: Project) -> None:
    project.run("--todo-keep=always", *BARE)
    notes = project.api.namespaces["todo-app-dev"]["metadata"]["annotations"]
    run_id = project.evidence.run.id
    journal = project.runs / run_id / "journal.jsonl"
    before = dt.datetime.now(dt.UTC) - dt.timedelta(hours=9)
    created = notes["todo-k8s.dev/created-at"]
    journal.write_text(journal.read_text().replace(created, before.isoformat(timespec="seconds")))
    notes["todo-k8s.dev/created-at"] = before.isoformat(timespec="seconds")
    status, output = project.run(*BARE)
    assert (status, project.left()) == (0, []), output
    assert f"sweep     run {run_id}" in output


@pytest.mark.parametrize(("failing", "kept"), [(False, False), (True, True)])
def test_kept_only_if_it_failed(project: Project, failing: bool, kept: bool) -> None:
    if failing:
        project.knobs(settle="fail")
    status, output = project.run("--todo-keep=failed", *BARE)
    assert status == (10 if failing else 0), output
    assert ("todo-app-dev" in project.api.namespaces) is kept
    assert bool(project.left()) is kept


def test_nothing_to_keep_before_there_is_a_namespace(project: Project) -> None:
    project.knobs(build="fail")
    status, output = project.run("--todo-keep=always", *BARE)
    assert (status, project.left()) == (10, []), output


def test_what_cannot_be_kept_is_taken_down(project: Project) -> None:
    project.api.refused.add("PATCH /api/v1/namespaces/todo-app-dev")
    status, output = project.run("--todo-keep=always", *BARE)
    assert (status, project.left()) == (0, []), output
    assert "the namespace can't be kept: " in output


def test_kept_after_ctrl_c(project: Project) -> None:
    process = hang(project, "measure", "--todo-keep=failed", *BARE)
    process.send_signal(signal.SIGINT)
    status, output = project.finish(process)
    assert status == 2, output
    assert "todo-app-dev" in project.api.namespaces
    assert project.todo_k8s("reap", project.evidence.run.id)[0] == 0
    assert project.left() == []


def test_two_runs_beside_each_other(project: Project) -> None:
    first = hang(project, "measure", "--todo-namespace=auto", "--todo-out=first", "-n2")
    names = list(project.api.namespaces)
    project.knobs()
    status, output = project.run("--todo-namespace=auto", "--todo-out=second", "-n2")
    assert status == 0, output
    assert list(project.api.namespaces) == names
    assert names[0].startswith("todo-k8s-")
    assert len(names[0]) <= 63
    first.send_signal(signal.SIGTERM)
    assert project.finish(first)[0] == 2
    assert project.left() == []


@pytest.mark.parametrize("way", [BARE, ("-n2",)])
def test_time_limit_breaks_the_phase_off(project: Project, way: tuple[str, ...]) -> None:
    project.knobs(deploy="hang")
    status, output = project.run("--todo-timeout=4s", *way)
    assert (status, project.left()) == (10, []), output
    assert "FAILED: the time limit of 4 s for all phases is over: look at what took long" in output
    assert "BLOCKED by " in output


def test_plan_touches_nothing(project: Project) -> None:
    for way in ((), ("-n2",)):
        status, output = project.run("--todo-plan", "--todo-limit=SC-001=60", "--todo-only=SC-001,SC-004", *way)
        assert status == 0, output
        lines = dict(line.split(maxsplit=1) for line in output.splitlines() if line[:1].strip())
        assert lines["cluster"] == "minikube, todo-k8s"
        assert lines["namespace"] == "todo-app-dev: must not exist before"
        assert lines["phases"] == "preflight, build, load, deploy, measure"
        assert lines["SC-001"].endswith("wall 60 s (promised 300 s)")
        assert lines["SC-005"].endswith("not asked for")
    assert not project.out.exists()
    assert not project.runs.exists()
    assert not project.api.requests
    assert project.phases == []


def test_phases_that_no_criterion_asks_for_are_left_out(project: Project) -> None:
    status, output = project.run("--todo-only=SC-006", *BARE)
    assert (status, project.left()) == (0, []), output
    assert project.phases == ["preflight", "build", "load", "deploy", "exercise"]
