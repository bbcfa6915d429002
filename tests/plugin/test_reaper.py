"""The controller is killed: its reaper takes down what the journal names, and nothing else; so does `todo-k8s reap`."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.plugin.hanging import hang

if TYPE_CHECKING:
    from tests.plugin.forks import Fork
    from tests.plugin.project import Project

WAYS = [("-n0", "-p", "no:html"), ("-n3",)]
LIMIT_S = 60.0


def _until_clean(project: Project) -> list[str]:
    deadline = time.monotonic() + LIMIT_S
    while (left := project.left()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def _reaper(project: Project) -> int:
    (pid,) = [pid for pid, line in project.processes() if "pytest_todo_k8s.reaper" in line]
    return pid


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("group", [False, True], ids=["controller", "whole group"])
@pytest.mark.parametrize("where", ["deploy", "test"])
def test_killed_run_is_taken_down(project: Project, where: str, way: tuple[str, ...], group: bool) -> None:
    process = hang(project, where, *way)
    (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    assert _until_clean(project) == []
    log = (project.out / "logs" / "reaper.log").read_text()
    assert f"process {process.pid}, which owned it, died; the reaper took over" in log
    assert "namespace todo-app-dev (UID " in log
    assert "NOT REMOVED" not in log
    assert not project.evidence.cleanup, "the owner never came to it"


def test_reaper_is_deaf_and_knows_no_secret(project: Project) -> None:
    project.environment |= {"MY_DATABASE": "postgresql://u:canary-1@db/todo", "GEMINI_API_KEY": "canary-2"}
    process = hang(project, "measure", "--todo-database-url-env=MY_DATABASE")
    pid = _reaper(project)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)
    time.sleep(0.3)
    assert _reaper(project) == pid
    for name in ("cmdline", "environ"):
        assert b"canary" not in (project.proc(pid) / name).read_bytes()
    process.send_signal(signal.SIGTERM)
    status, output = project.finish(process)
    assert (status, project.left()) == (2, []), output
    assert not (project.out / "logs" / "reaper.log").exists()


def test_write_end_is_in_no_other_process(project: Project) -> None:
    process = hang(project, "test", "-n2")
    reaper = _reaper(project)
    pipe = (project.proc(reaper) / "fd" / "0").readlink()
    holders = {pid for pid, _ in project.processes() if pipe in project.descriptors(pid)}
    assert holders == {process.pid, reaper}
    process.send_signal(signal.SIGTERM)
    assert project.finish(process)[0] == 2


def test_reaper_touches_nothing_of_others(project: Project) -> None:
    process = hang(project, "measure", *WAYS[0])
    del project.api.namespaces["todo-app-dev"]
    project.api.add("todo-app-dev", {"team": "payments"})
    for image in (project.home / "engine").iterdir():
        image.write_text("another-run")
    process.kill()
    process.wait()
    deadline = time.monotonic() + LIMIT_S
    while project.runs.exists() and any(project.runs.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert project.left() == ["todo-app-dev", "todo-backend:stub", "todo-frontend:stub"]
    assert project.api.writes == ["POST /api/v1/namespaces"]


def test_next_run_waits_for_a_reaper_at_work(project: Project) -> None:
    project.api.delete_s = 3
    process = hang(project, "measure", *WAYS[0])
    process.kill()
    process.wait()
    while "DELETE /api/v1/namespaces/todo-app-dev" not in project.api.writes:
        time.sleep(0.02)
    project.knobs()
    status, output = project.run(*WAYS[0])
    assert (status, _until_clean(project)) == (0, []), output
    assert project.api.writes.count("DELETE /api/v1/namespaces/todo-app-dev") == 2


def _leave(project: Project) -> Fork:
    process = hang(project, "measure", *WAYS[0])
    project.kill_reaper()
    process.kill()
    process.wait()
    return process


def test_reap_on_demand(project: Project) -> None:
    _leave(project)
    assert len(project.left()) > 3
    status, output = project.todo_k8s("reap")
    assert (status, project.left()) == (0, []), output
    assert "todo-k8s: namespace todo-app-dev (UID " in output
    assert project.todo_k8s("reap") == (0, "todo-k8s: nothing to reap\n")


def test_reap_leaves_a_living_run_alone(project: Project) -> None:
    process = hang(project, "measure", *WAYS[0])
    assert project.todo_k8s("reap") == (0, "todo-k8s: nothing to reap\n")
    (run_id,) = [folder.name for folder in project.runs.iterdir()]
    status, output = project.todo_k8s("reap", run_id)
    assert status == 10
    assert f"the run {run_id} is alive: process {process.pid} on " in output
    assert "todo-app-dev" in project.api.namespaces
    process.send_signal(signal.SIGTERM)
    assert project.finish(process)[0] == 2


@pytest.mark.parametrize("name", ["20200101-000000-abcdef", "../x", ""])
def test_reap_of_a_run_that_is_not_there(project: Project, name: str) -> None:
    status, output = project.todo_k8s("reap", name)
    assert status == 10
    assert f"there is no run {name}" in output
    assert "those that left something: none" in output


def test_reap_that_cannot_finish_says_so(project: Project) -> None:
    _leave(project)
    (project.home / "docker-refuses").touch()
    status, output = project.todo_k8s("reap")
    assert status == 12, output
    assert "NOT REMOVED: image todo-backend:stub: still in the engine" in output
