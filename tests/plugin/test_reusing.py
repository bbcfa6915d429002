"""Kept deployments that later runs upgrade: they stay whatever becomes of those runs, and nobody else's is touched."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s import journal, ownership
from tests.plugin.hanging import hang
from tests.unit.criteria import sample_run

if TYPE_CHECKING:
    from tests.plugin.project import Project

BARE = ("-p", "no:xdist", "-p", "no:html")
NAME = "todo-app-dev"


def _keep(project: Project) -> str:
    """Let a run keep its deployment; return the run's id."""
    project.knobs(tag="first")
    status, output = project.run("--todo-keep=always", *BARE)
    assert status == 0, output
    project.knobs(tag="second")
    return project.evidence.run.id


def _notes(project: Project) -> dict[str, str]:
    notes: dict[str, str] = project.api.namespaces[NAME]["metadata"]["annotations"]
    return notes


def _stays(project: Project, run_id: str, uid: str, *images: str) -> None:
    live = project.api.namespaces[NAME]["metadata"]
    assert (live["uid"], live["labels"][ownership.RUN_ID]) == (uid, run_id)
    assert sorted(project.left()) == sorted([NAME, *images, run_id]), "and no process"
    assert "DELETE /api/v1/namespaces/todo-app-dev" not in project.api.writes


def _images(tag: str) -> list[str]:
    return [f"todo-backend:{tag}", f"todo-frontend:{tag}"]


@pytest.mark.parametrize("way", [BARE, ("-n2",)])
def test_reused_twice_then_reaped(project: Project, way: tuple[str, ...]) -> None:
    run_id, uid = _keep(project), project.api.namespaces[NAME]["metadata"]["uid"]
    ttl_s = int(_notes(project)["todo-k8s.dev/ttl-seconds"])
    for tag in ("second", "third"):
        project.knobs(tag=tag)
        time.sleep(1.1)
        status, output = project.run("--todo-reuse", *way)
        assert status == 0, output
        assert f"preflight the deployment that the run {run_id} keeps in todo-app-dev is upgraded" in output
        assert (
            f"partial run: not a gate (the deployment of the run {run_id} was upgraded, not made from nothing)"
            in output
        )
        assert f"kept: namespace todo-app-dev (UID {uid}) and its images until " in output
        assert f"`todo-k8s reap {run_id}` takes it down" in output
        _stays(project, run_id, uid, *_images(tag))
        assert project.evidence.run.id != run_id
        assert project.evidence.run.partial
        assert project.evidence.cleanup
        assert project.evidence.cleanup.uid == uid
        assert len([text for text in project.evidence.cleanup.removed if text.startswith("image ")]) == 2
        before, ttl_s = ttl_s, int(_notes(project)["todo-k8s.dev/ttl-seconds"])
        assert ttl_s > before, "its time begins anew"
    status, output = project.todo_k8s("reap", run_id)
    assert (status, project.left()) == (0, []), output


def test_nothing_there_to_reuse(project: Project) -> None:
    status, output = project.run("--todo-reuse", *BARE)
    assert status == 0, output
    assert "partial run" not in output
    run_id = project.evidence.run.id
    _stays(project, run_id, project.api.namespaces[NAME]["metadata"]["uid"], *_images("stub"))
    status, output = project.run("--todo-reuse", *BARE)
    assert status == 0, output
    assert f"the deployment of the run {run_id} was upgraded" in output
    status, output = project.todo_k8s("reap", run_id)
    assert (status, project.left()) == (0, []), output


@pytest.mark.parametrize("phase", ["build", "deploy", "measure"])
def test_reusing_run_that_fails_leaves_the_deployment(project: Project, phase: str) -> None:
    run_id, uid = _keep(project), project.api.namespaces[NAME]["metadata"]["uid"]
    evidence = sample_run.green()
    if phase == "deploy" and evidence.deploy:
        evidence.deploy.ready_s = None
        project.sample(evidence)
    project.knobs(tag="second", **{phase: "fail"})
    status, output = project.run("--todo-reuse", *BARE)
    assert status == 1, output
    assert "partial run: not a gate" in output
    kept = _images("second") if phase == "measure" else _images("first") + _images("second")
    _stays(project, run_id, uid, *kept)
    project.knobs(tag="third")
    project.sample(sample_run.green())
    status, output = project.run("--todo-reuse", *BARE)
    assert status == 0, output
    _stays(project, run_id, uid, *_images("third"))
    assert project.todo_k8s("reap", run_id)[0] == 0
    assert project.left() == []


@pytest.mark.parametrize("phase", ["build", "deploy", "measure"])
@pytest.mark.parametrize("reaper", [True, False], ids=["reaper", "no reaper"])
def test_killed_reuse_leaves_the_deployment(project: Project, phase: str, reaper: bool) -> None:
    run_id, uid = _keep(project), project.api.namespaces[NAME]["metadata"]["uid"]
    project.knobs(tag="second", **{phase: "hang"})
    process = project.start("--todo-reuse", *BARE)
    project.until(f"reached-{phase}", process)
    if not reaper:
        project.kill_reaper()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 60
    while any("pytest_todo_k8s.reaper" in line for _, line in project.processes()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    status, output = project.todo_k8s("reap")
    assert status == 0, output
    _stays(project, run_id, uid, *_images("first"), *_images("second"))
    project.knobs(tag="third")
    status, output = project.run("--todo-reuse", *BARE)
    assert status == 0, output
    _stays(project, run_id, uid, *_images("third"))
    status, output = project.todo_k8s("reap", run_id)
    assert (status, project.left()) == (0, []), output


def test_ctrl_c_leaves_the_deployment(project: Project) -> None:
    run_id, uid = _keep(project), project.api.namespaces[NAME]["metadata"]["uid"]
    process = hang(project, "measure", "--todo-reuse", *BARE)
    process.send_signal(signal.SIGINT)
    status, output = project.finish(process)
    assert status == 2, output
    assert f"by hand: todo-k8s reap {run_id}" in output
    _stays(project, run_id, uid, *_images("stub"))


def test_two_runs_never_reuse_the_same_deployment_at_once(project: Project) -> None:
    run_id = _keep(project)
    first = hang(project, "measure", "--todo-reuse", "--todo-out=first", *BARE)
    project.knobs(tag="third")
    status, output = project.run("--todo-reuse", "--todo-out=second", *BARE)
    assert status == 10, output
    assert (
        f"another process upgrades or takes down the deployment that the run {run_id} keeps in todo-app-dev" in output
    )
    status, output = project.todo_k8s("reap", run_id)
    assert status == 10, output
    assert f"another process upgrades or takes down what the run {run_id} keeps" in output
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 2
    assert NAME in project.api.namespaces


def _foreign(_run_id: str) -> tuple[dict[str, str], dict[str, str]]:
    return {"team": "payments"}, {}


def _elsewhere(run_id: str) -> tuple[dict[str, str], dict[str, str]]:
    notes = {
        "created-at": "2999-01-01T00:00:00+00:00",
        "ttl-seconds": "9",
        "host": "other",
        "pid": "1",
        "pid-start": "1",
    }
    marks = {f"todo-k8s.dev/{name}": value for name, value in notes.items()}
    return {ownership.MANAGED_BY: ownership.MANAGER, ownership.RUN_ID: run_id}, marks | {"todo-k8s.dev/kept": "true"}


def _alive(run_id: str) -> tuple[dict[str, str], dict[str, str]]:
    labels, marks = _elsewhere(run_id)
    return labels, marks | {"todo-k8s.dev/kept": "false"}


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (_foreign, "the namespace todo-app-dev exists and was not made by todo-k8s: it is no kept deployment"),
        (_alive, "belongs to the run 20260101-000000-abcdef of process 1 on other: it is no kept deployment"),
        (_elsewhere, "is kept by the run 20260101-000000-abcdef on other, whose journal is not here"),
    ],
)
def test_namespace_that_is_no_kept_deployment_of_ours_is_refused(project: Project, make: Any, told: str) -> None:
    uid = project.api.add(NAME, *make("20260101-000000-abcdef"))
    status, output = project.run("--todo-reuse", *BARE)
    assert status == 10, output
    assert told in output
    assert "name another namespace with --todo-namespace" in output
    assert "Traceback" not in output
    assert project.phases == ["preflight"]
    assert project.api.writes == []
    assert project.api.namespaces[NAME]["metadata"]["uid"] == uid


def test_namespace_that_only_looks_like_the_kept_one_is_refused(project: Project) -> None:
    run_id = _keep(project)
    project.api.namespaces[NAME]["metadata"]["uid"] = "another"
    before = list(project.api.writes)
    status, output = project.run("--todo-reuse", *BARE)
    assert status == 10, output
    assert f"the namespace todo-app-dev is not the one that the run {run_id} made" in output
    assert project.api.writes == before


def test_kept_run_whose_journal_is_lost_is_refused(project: Project) -> None:
    run_id = _keep(project)
    shutil.rmtree(project.runs / run_id)
    status, output = project.run("--todo-reuse", *BARE)
    assert status == 10, output
    assert f"kept by the run {run_id} on {socket.gethostname()}, whose journal is not here" in output
    assert NAME in project.api.namespaces
    assert not (project.runs / run_id / journal.FILE).exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            "--todo-keep=failed",
            "--todo-reuse and --todo-keep exclude each other: a deployment that is reused is always kept",
        ),
        ("--todo-namespace=auto", "--todo-reuse and --todo-namespace=auto exclude each other: name the namespace"),
    ],
)
def test_options_that_exclude_each_other(project: Project, more: str, told: str) -> None:
    status, output = project.run("--todo-reuse", more, *BARE)
    assert status == 4, output
    assert told in output


def test_plan_of_a_reusing_run(project: Project) -> None:
    status, output = project.run("--todo-plan", "--todo-reuse")
    assert status == 0, output
    assert "namespace  todo-app-dev: a kept deployment there is upgraded, else one is made" in output
    assert "takes down nothing" in output
