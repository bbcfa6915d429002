"""The controller is killed, and its reaper too: the next run finds everything it left, and nothing of others."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s import ownership
from pytest_todo_k8s.ownership import Owner
from pytest_todo_k8s.settings import ClusterChoice

if TYPE_CHECKING:
    from tests.plugin.project import Project

PHASES = ["preflight", "build", "load", "deploy", "settle", "measure", "exercise", "parity"]
BARE = ("-p", "no:xdist", "-p", "no:html", "-p", "no:junitxml")


def _kill(project: Project, phase: str, *arguments: str, action: str = "hang") -> None:
    project.knobs(**{phase: action})
    process = project.start(*arguments)
    project.until(f"reached-{phase}", process)
    project.kill_reaper()
    process.kill()
    process.wait()
    project.knobs()
    (project.home / f"reached-{phase}").unlink()


@pytest.mark.parametrize("phase", PHASES)
def test_next_run_sweeps_what_a_killed_one_left(project: Project, phase: str) -> None:
    _kill(project, phase, *BARE)
    assert len(project.left()) >= 2, "its folder and its child"
    status, output = project.run(*BARE)
    assert (status, project.left()) == (0, []), output
    cleanup = project.evidence.cleanup
    assert cleanup
    assert any(text.startswith("run ") for text in cleanup.swept)
    if PHASES.index(phase) >= PHASES.index("deploy"):
        assert any(text.startswith("namespace todo-app-dev (UID") for text in cleanup.swept)


def test_killed_with_workers(project: Project) -> None:
    _kill(project, "measure", "-n2")
    status, output = project.run("-n2")
    assert (status, project.left()) == (0, []), output


def test_killed_between_intent_and_creation(project: Project) -> None:
    _kill(project, "deploy", *BARE, action="hang before the namespace")
    status, output = project.run(*BARE)
    assert (status, project.left()) == (0, []), output


def test_killed_while_it_took_down(project: Project) -> None:
    project.api.delete_s = 2
    process = project.start(*BARE)
    while "DELETE /api/v1/namespaces/todo-app-dev" not in project.api.writes:
        assert process.poll() is None, project.output
    project.kill_reaper()
    process.kill()
    process.wait()
    status, output = project.run(*BARE)
    assert (status, project.left()) == (0, []), output


def test_namespace_whose_journal_is_lost_is_found_by_its_labels(project: Project) -> None:
    _add_namespace(project, "todo-other", pid=2**22 + 1)
    status, output = project.run(*BARE)
    assert (status, project.left()) == (0, []), output
    assert "sweep     namespace todo-other" in output


@pytest.mark.parametrize(("age_h", "left"), [(5, []), (3, ["todo-other"])], ids=["expired", "may live"])
def test_run_of_another_host_is_dead_when_its_time_is_over(project: Project, age_h: int, left: list[str]) -> None:
    _add_namespace(project, "todo-other", host="elsewhere", age_h=age_h)
    status, output = project.run(*BARE)
    assert (status, project.left()) == (0, left), output
    assert ("sweep     namespace todo-other" in output) is (left == [])


def test_namespace_that_is_being_deleted_gets_the_time_to_go(project: Project) -> None:
    project.api.add("todo-app-dev", {"team": "payments"})
    _delete(project, "todo-app-dev", after_s=5)
    status, output = project.run(*BARE)
    assert (status, project.left()) == (0, []), output
    assert "preflight waiting for the namespace todo-app-dev, which is being deleted" in output


def test_leftover_that_is_being_deleted_is_waited_out(project: Project) -> None:
    _add_namespace(project, "todo-app-dev", pid=2**22 + 1)
    _delete(project, "todo-app-dev", after_s=5)
    status, output = project.run(*BARE)
    assert (status, project.left()) == (0, []), output
    assert "sweep     namespace todo-app-dev" in output


def test_namespace_that_never_goes_is_told(project: Project) -> None:
    project.knobs(namespace_limit_s=1)
    project.api.add("todo-app-dev", {"team": "payments"})
    _delete(project, "todo-app-dev", after_s=300)
    status, output = project.run(*BARE)
    assert (status, project.left()) == (10, ["todo-app-dev"]), output
    assert "the namespace todo-app-dev is being deleted and does not go" in output
    assert project.phases == ["preflight"]


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("foreign", "the namespace todo-app-dev exists and was not made by todo-k8s"),
        ("alive", "belongs to the run"),
        ("elsewhere", "belongs to the run"),
    ],
)
def test_namespace_of_others_is_refused_and_left_alone(project: Project, case: str, told: str) -> None:
    if case == "foreign":
        project.api.add("todo-app-dev", {"team": "payments"})
    else:
        _add_namespace(project, "todo-app-dev", host="elsewhere" if case == "elsewhere" else None)
    status, output = project.run(*BARE)
    assert (status, project.left()) == (10, ["todo-app-dev"]), output
    assert told in output
    assert "--todo-namespace" in output
    assert not project.api.writes


def test_namespace_that_changed_hands_is_not_deleted(project: Project) -> None:
    project.knobs(measure="hang")
    process = project.start(*BARE)
    project.until("reached-measure", process)
    del project.api.namespaces["todo-app-dev"]
    project.api.add("todo-app-dev", {"team": "payments"})
    process.send_signal(signal.SIGTERM)
    status, output = project.finish(process)
    assert (status, project.left()) == (2, ["todo-app-dev"]), output
    assert project.api.writes == ["POST /api/v1/namespaces"]


def test_two_runs_at_once(project: Project) -> None:
    project.knobs(measure="hang")
    first = project.start(*BARE)
    project.until("reached-measure", first)
    project.knobs()
    status, output = project.run(*BARE)
    assert status == 10, output
    assert "belongs to the run" in output
    assert "todo-app-dev" in project.api.namespaces
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 2
    assert project.left() == []


def _delete(project: Project, name: str, after_s: float) -> None:
    """Delete a namespace as somebody else would; it goes after a while."""
    project.api.delete_s = after_s
    project.api.answer("DELETE", f"/api/v1/namespaces/{name}", {})
    project.api.delete_s = 0


def _add_namespace(
    project: Project, name: str, *, pid: int | None = None, host: str | None = None, age_h: int = 0
) -> None:
    """Put a namespace of another run there; without `pid` the run is this process, and lives."""
    owner = Owner.of_this_process(ClusterChoice("minikube", "todo-k8s"))
    created = dt.datetime.fromisoformat(owner.created_at) - dt.timedelta(hours=age_h)
    notes = {
        "todo-k8s.dev/created-at": created.isoformat(timespec="seconds"),
        "todo-k8s.dev/ttl-seconds": str(owner.ttl_s),
        "todo-k8s.dev/host": host or socket.gethostname(),
        "todo-k8s.dev/pid": str(pid or os.getpid()),
        "todo-k8s.dev/pid-start": owner.pid_start,
    }
    labels = {ownership.MANAGED_BY: ownership.MANAGER, ownership.RUN_ID: "20260101-000000-abcdef"}
    project.api.add(name, labels, notes)
