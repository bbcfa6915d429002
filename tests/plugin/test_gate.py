"""No row is lost without turning the run red, and each ending has its exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.gate import EXPECTED

if TYPE_CHECKING:
    from tests.plugin.project import Project

BAD_VALUES = """
import enum, pathlib, pytest
class Word(str, enum.Enum):
    A = "a"
class Text(str):
    pass
VALUES = [pathlib.Path("/x"), object(), Word.A, Text("t"), {1: {2, 3}}, "\\udc80", 2**100, -2**100]
@pytest.mark.parametrize("value", VALUES, ids=[str(number) for number in range(len(VALUES))])
def test_value(record_property, value):
    record_property("value", value)
"""


def _rows(project: Project) -> int:
    return len(project.junit.findall(".//testcase"))


@pytest.mark.parametrize("place", ["test_a_first", "test_z_last"])
def test_values_that_cannot_cross_the_wire_do_not_lose_tests(project: Project, place: str) -> None:
    project.pytester.makepyfile(**{place: BAD_VALUES})
    status, output = project.run("-n2")
    assert (status, project.left()) == (0, []), output
    assert f"{len(EXPECTED) + 8} passed" in output
    assert _rows(project) == len(EXPECTED) + 8


def test_value_of_a_criterion_that_cannot_cross_the_wire_loses_none(project: Project) -> None:
    project.conftest(
        """
        import pathlib
        def pytest_runtest_setup(item):
            if "SC-005" in item.nodeid:
                item.user_properties.append(("where", pathlib.Path("/x")))
        """
    )
    status, output = project.run("-n2")
    assert (status, project.left()) == (0, []), output
    assert _rows(project) == len(EXPECTED)


@pytest.mark.parametrize("way", [(), ("-n2",)])
def test_row_that_never_arrives_is_missed(project: Project, way: tuple[str, ...]) -> None:
    project.conftest(
        """
        def pytest_collection_modifyitems(items):
            items[:] = [item for item in items if "SC-007-logs" not in item.nodeid]
        """
    )
    status, output = project.run(*way)
    assert (status, project.left()) == (11, []), output
    assert "CRASHED: no verdict arrived for this row" in output
    assert _rows(project) == len(EXPECTED)


def test_criterion_that_somebody_skips_is_missed(project: Project) -> None:
    project.pytester.makepyfile(
        test_criteria="""
        import pytest
        def test_criterion(todo_part):
            if todo_part.name == "wall":
                pytest.skip("not today")
        """
    )
    status, output = project.run()
    assert status == 11, output


def test_no_criterion_at_all_is_no_gate(project: Project) -> None:
    (project.path / "test_criteria.py").unlink()
    project.pytester.makepyfile(test_mine="def test_mine(): pass")
    status, output = project.run()
    assert (status, project.left()) == (11, []), output
    assert "no test of a success criterion was collected, nothing was deployed" in output
    assert project.phases == []


@pytest.mark.parametrize("way", [(), ("-n2",)])
def test_named_files_without_criteria_are_no_gate_and_deploy_nothing(project: Project, way: tuple[str, ...]) -> None:
    project.pytester.makepyfile(test_mine="def test_mine(): pass")
    status, output = project.run("test_mine.py", *way)
    assert (status, project.left()) == (0, []), output
    assert project.phases == []


@pytest.mark.parametrize("way", [(), ("-n2",)])
def test_named_files_that_use_the_deployment_get_it(project: Project, way: tuple[str, ...]) -> None:
    project.pytester.makepyfile(test_mine="def test_mine(todo_backend_url): pass")
    status, output = project.run("test_mine.py", *way)
    assert (status, project.left()) == (0, []), output
    assert "partial run: not a gate (the named files test no success criterion)" in output
    assert len(project.phases) == 8


@pytest.mark.parametrize("option", [("-k", "SC-001"), ("test_criteria.py::test_criterion",), ("--deselect=x",)])
def test_narrowed_run_is_no_gate(project: Project, option: tuple[str, ...]) -> None:
    status, output = project.run(*option)
    assert (status, project.left()) == (0, []), output
    assert "partial run: not a gate (narrowed by" in output
    assert project.evidence.run.partial


def test_narrowed_run_has_no_other_status_than_one(project: Project) -> None:
    project.knobs(deploy="fail")
    status, output = project.run("-k", "SC-005")
    assert (status, project.left()) == (1, []), output


@pytest.mark.parametrize(
    ("what", "told"), [("image", "image todo-backend:stub: still in the engine"), ("namespace", "finalizer kubernetes")]
)
def test_what_stays_is_named_and_swept_by_the_next_run(project: Project, what: str, told: str) -> None:
    if what == "image":
        (project.home / "docker-refuses").touch()
    project.api.delete_s = 1e9 if what == "namespace" else 0
    project.knobs(namespace_limit_s=1.5)
    status, output = project.run()
    assert status == 12, output
    assert f"clean-up LEFT: {what} todo" in output
    assert told in output
    assert project.left()
    (project.home / "docker-refuses").unlink(missing_ok=True)
    project.api.namespaces.clear()
    project.api.delete_s = 0
    status, output = project.run()
    assert (status, project.left()) == (0, []), output


def test_failing_test_of_other_people_fails_the_run(project: Project) -> None:
    project.pytester.makepyfile(test_mine="def test_mine(): assert 0")
    status, output = project.run()
    assert (status, project.left()) == (1, []), output
    assert "FAIL: 11 of 11 criteria met (exit status 1)" in output


def test_report_that_breaks_does_not_hide_the_verdict(project: Project) -> None:
    project.conftest(
        """
        from pytest_todo_k8s.report import hooks
        def finish(path, evidence):
            raise ValueError("no report today")
        hooks.finish = finish
        """
    )
    status, output = project.run()
    assert (status, project.left()) == (11, []), output
    assert "the report could not be written: ValueError: no report today" in output


@pytest.mark.parametrize("way", [(), ("-n2",)])
def test_evidence_that_cannot_be_written_does_not_stop_the_clean_up(project: Project, way: tuple[str, ...]) -> None:
    (project.out / "evidence.json").mkdir(parents=True)
    status, output = project.run(*way)
    assert (status, project.left()) == (11, []), output
    assert output.count("the evidence can't be written: ") == 1
    assert "Traceback" not in output
