"""The run is broken off from outside, at the worst moments."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.plugin.hanging import hang
from tests.terminal import Terminal

if TYPE_CHECKING:
    from tests.plugin.project import Project


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


@pytest.mark.parametrize("where", ["deploy", "measure"])
@pytest.mark.parametrize("way", [("-p", "no:xdist"), ("-n2",)])
def test_closed_terminal(project: Project, where: str, way: tuple[str, ...]) -> None:
    project.knobs(**{where: "hang"})
    terminal = Terminal()
    process = project.start_anew(*way, terminal=terminal.inner)
    terminal.handed_over()
    project.until(f"reached-{where}", process)
    terminal.close()
    status, _ = project.finish(process)
    assert (status, project.left()) == (2, []), terminal.output
    assert project.evidence.run.interrupted
    assert project.evidence.cleanup
    assert (project.out / "report.html").exists()


FULL_DISK = """
import errno, os, pathlib
from pytest_todo_k8s.evidence import Evidence
from pytest_todo_k8s.journal import Journal
from pytest_todo_k8s.state import RunState

def _full(method):
    def write(*arguments, **named):
        if (pathlib.Path(os.environ["STUB_HOME"]) / "disk-full").exists():
            raise OSError(errno.ENOSPC, "No space left on device")
        return method(*arguments, **named)
    return write

Journal._append, Evidence.save, RunState.save = map(_full, (Journal._append, Evidence.save, RunState.save))
"""


def test_full_disk_does_not_stop_the_clean_up(project: Project) -> None:
    project.conftest(FULL_DISK)
    process = hang(project, "measure", "-p", "no:html")
    (project.home / "disk-full").touch()
    process.send_signal(signal.SIGTERM)
    status, output = project.finish(process)
    assert status == 2, output
    assert "the evidence can't be written: [Errno 28] No space left on device" in output
    assert "Traceback" not in output
    assert [name for name in project.left() if not (project.runs / name).exists()] == [], "no more than its journal"
    (project.home / "disk-full").unlink()
    project.knobs()
    status, output = project.run("-p", "no:html")
    assert (status, project.left()) == (0, []), output


@pytest.mark.parametrize("way", [("-p", "no:xdist"), ("-n2",)])
def test_result_that_the_disk_does_not_take(project: Project, way: tuple[str, ...]) -> None:
    status, output = project.run("--junitxml=/dev/full", *way)
    assert (status, project.left()) == (11, []), output
    assert output.count("No space left on device") == 1
    assert "the report could not be written: OSError: [Errno 28] No space left on device" in output
    assert "INCOMPLETE: 11 of 11 criteria met (exit status 11)" in output
    assert "Traceback" not in output
    assert project.evidence.run.status == 11


def test_disk_that_is_full_from_the_start_is_one_sentence(project: Project) -> None:
    project.conftest(FULL_DISK)
    (project.home / "disk-full").touch()
    status, output = project.run("-p", "no:html")
    assert status == 4, output
    assert "the cache folder can't be used: [Errno 28] No space left on device" in output
    assert project.phases == []


def test_api_that_is_cut_off_is_told_and_swept_later(project: Project) -> None:
    process = hang(project, "measure", "-p", "no:html")
    project.api.refused |= {f"{verb} /api/v1/namespaces/todo-app-dev" for verb in ("GET", "DELETE")}
    process.send_signal(signal.SIGTERM)
    status, output = project.finish(process)
    assert status == 2, output
    assert "clean-up LEFT: namespace todo-app-dev: Kubernetes API: " in output
    assert "kubectl delete namespace todo-app-dev" in output
    project.api.refused.clear()
    project.knobs()
    status, output = project.run("-p", "no:html")
    assert (status, project.left()) == (0, []), output


def test_api_that_falls_silent_does_not_hold_the_clean_up(project: Project) -> None:
    project.knobs(measure="hang", read_timeout_s=0.5)
    process = project.start("-p", "no:html")
    project.until("reached-measure", process)
    project.api.answering.clear()
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    status, output = project.finish(process)
    assert status == 2, output
    assert time.monotonic() - started < 30
    assert "clean-up LEFT: namespace todo-app-dev: Kubernetes API: no answer from " in output
    project.api.answering.set()
    project.knobs()
    status, output = project.run("-p", "no:html")
    assert (status, project.left()) == (0, []), output


def test_engine_that_stops_in_the_run_leaves_no_image_untold(project: Project) -> None:
    process = hang(project, "measure", "-p", "no:html")
    docker = project.path / "bin" / "docker"
    text = docker.read_text()
    docker.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n")
    process.send_signal(signal.SIGTERM)
    status, output = project.finish(process)
    assert status == 2, output
    assert "clean-up LEFT: image todo-backend:stub: " in output
    assert not project.api.namespaces
    docker.write_text(text)
    project.knobs()
    status, output = project.run("-p", "no:html")
    assert (status, project.left()) == (0, []), output
