"""The run is broken off by a signal: whenever that happens, everything is taken down."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess

    from tests.plugin.project import Project

WAYS = [(), ("-n3",)]
HANGING_TEST = """
import pathlib, os, time
def test_hanging(todo_frontend_url):
    (pathlib.Path(os.environ["STUB_HOME"]) / "reached-test").touch()
    time.sleep(300)
"""


def _hang(project: Project, where: str, way: tuple[str, ...]) -> subprocess.Popen[str]:
    """Start a run and wait until it hangs in a phase or in a test."""
    if where == "test":
        project.pytester.makepyfile(test_a_hanging=HANGING_TEST)
    else:
        project.knobs(**{where: "hang"})
    process = project.start(*way)
    project.until(f"reached-{where}", process)
    return process


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("where", ["deploy", "test"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal(project: Project, where: str, number: signal.Signals, way: tuple[str, ...]) -> None:
    process = _hang(project, where, way)
    process.send_signal(number)
    status, output = project.finish(process)
    assert (status, project.left()) == (2, []), output
    assert project.evidence.run.interrupted
    assert project.evidence.run.status == 2
    assert "<title>INCOMPLETE: " in (project.out / "report.html").read_text()
    assert "INCOMPLETE" in output
    assert "Traceback" not in output


@pytest.mark.parametrize("way", WAYS)
def test_ctrl_c_of_the_whole_terminal(project: Project, way: tuple[str, ...]) -> None:
    process = _hang(project, "test", way)
    os.killpg(process.pid, signal.SIGINT)
    status, output = project.finish(process)
    assert (status, project.left()) == (2, []), output


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("spacing_s", [0.05, 0.4, 1.5])
def test_impatient_user(project: Project, spacing_s: float, way: tuple[str, ...]) -> None:
    project.api.delete_s = 2.5
    process = _hang(project, "deploy", way)
    for _ in range(3):
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        time.sleep(spacing_s)
    status, output = project.finish(process)
    assert project.left() == [], output
    assert status == 2, output
    assert "interrupted: taking everything down; by hand: kubectl delete namespace todo-app-dev" in output
    assert spacing_s < 1 or "clean-up is under way; by hand: kubectl delete namespace todo-app-dev" in output


def test_signal_while_the_clean_up_runs_changes_nothing(project: Project) -> None:
    project.api.delete_s = 3
    process = project.start()
    while "DELETE /api/v1/namespaces/todo-app-dev" not in project.api.writes and process.poll() is None:
        time.sleep(0.02)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(number)
    status, output = project.finish(process)
    assert (status, project.left()) == (0, []), output
    assert "PASS: 11 of 11 criteria met" in output
