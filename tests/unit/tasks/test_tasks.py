"""The task list: every task has its entry, every entry names what is there, every result comes from evidence."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s import cli, fixtures
from pytest_todo_k8s.analysis import manifests
from pytest_todo_k8s.analysis.results import Analysis, HealthReport, ImageAnalysis, ManifestAnalysis, RuleResult
from pytest_todo_k8s.analysis.rightsizing import recommend
from pytest_todo_k8s.bootstrap import doctor
from pytest_todo_k8s.criteria import CRITERIA, judge
from pytest_todo_k8s.criteria.criterion import row_name
from pytest_todo_k8s.evidence import PHASES, Evidence
from pytest_todo_k8s.options import OPTIONS
from pytest_todo_k8s.tasks import table
from pytest_todo_k8s.tasks.catalogue import COUNT, Reference, tasks
from pytest_todo_k8s.tasks.outcomes import outcomes
from tests.unit.analysis.test_rightsizing import use
from tests.unit.criteria.sample_run import green, stopped_at

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
TASKS = tasks()
REFERENCES = sorted({reference for task in TASKS for reference in task.by}, key=str)
DOCUMENT = ROOT / "docs" / "tasks.md"


_ANALYSES = "|".join(
    [
        *(f"dockerfile {image}" for image in ("backend", "frontend")),
        *(f"manifest {each.task}" for each in manifests.WORDINGS),
        "health",
        "resources",
    ]
)


def _test_exists(name: str) -> bool:
    path, _, function = name.partition("::")
    file = ROOT / path
    if not file.is_file():
        return False
    names = {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}
    return function in names if function else any(each.startswith("test_") for each in names)


def _command_exists(name: str) -> bool:
    program, *words = name.split()
    try:
        cli.parser().parse_args(words)
    except SystemExit:
        return False
    return program == "todo-k8s"


EXISTS: dict[str, Callable[[str], bool]] = {
    "row": lambda name: name in {row_name(each.id, part) for each in CRITERIA for part in each.parts},
    "criterion": lambda name: name in {each.id for each in CRITERIA},
    "phase": lambda name: name in PHASES,
    "analysis": lambda name: bool(re.fullmatch(_ANALYSES, name)),
    "doctor": lambda name: f'"{name}"' in Path(doctor.__file__).read_text(),
    "fixture": lambda name: name.startswith("todo_") and hasattr(fixtures, name),
    "option": lambda name: name in {each.flag for each in OPTIONS},
    "command": _command_exists,
    "test": _test_exists,
    "file": lambda name: (ROOT / name).is_file(),
}


@pytest.mark.parametrize("reference", REFERENCES, ids=str)
def test_what_is_named_is_there(reference: Reference) -> None:
    assert EXISTS[reference.kind](reference.name)


@pytest.mark.parametrize(
    "reference",
    [
        Reference("row", "SC-001-speed"),
        Reference("criterion", "SC-012"),
        Reference("phase", "burn-in"),
        Reference("analysis", "manifest T001"),
        Reference("doctor", "podman"),
        Reference("fixture", "todo_weather"),
        Reference("option", "--todo-faster"),
        Reference("command", "todo-k8s dance"),
        Reference("test", "tests/unit/tasks/test_tasks.py::test_that_is_not_there"),
        Reference("test", "tests/unit/absent.py"),
        Reference("file", "docs/absent.md"),
    ],
    ids=str,
)
def test_a_name_of_nothing_is_found_out(reference: Reference) -> None:
    assert not EXISTS[reference.kind](reference.name)


def test_every_task_has_an_entry_that_names_something() -> None:
    assert [task.id for task in TASKS] == [f"T{number:03}" for number in range(1, 100)]
    assert len(TASKS) == COUNT == 99
    assert all(task.wish and task.by for task in TASKS)
    assert all(bool(task.needs) == bool(task.otherwise) for task in TASKS)


def test_results_of_a_good_run() -> None:
    found = {each.task.id: each.result for each in outcomes(TASKS, green())}
    assert found["T020"] == "SC-002-frontend PASS (158.9 MB)"
    assert found["T036"].startswith("load ")
    assert found["T090"].count("PASS") == 11
    assert found["T095"] == "there"
    assert found["T032"].startswith("dockerfile frontend not analysed; SC-002-frontend PASS")
    assert found["T082"] == "there; its tests run in tox"
    assert found["T001"].startswith("docker 20.10.24; preflight ")
    assert found["T049"].endswith("test_every_workload_has_its_replicas not run")


def test_a_tool_that_is_absent_is_not_run_and_its_place_is_taken() -> None:
    found = {each.task.id: each.result for each in outcomes(TASKS, green())}
    assert found["T070"].startswith(
        "not run: kagent: it is not on this machine, or has no key of a model; in its place: "
    )
    assert "SC-007-logs PASS" in found["T070"]
    assert all(found[task.id].startswith("not run: ") for task in TASKS if task.needs)


def test_a_tool_that_is_there_is_named() -> None:
    evidence = green()
    assert evidence.machine
    evidence.machine.tools["kagent"] = "v0.9"
    found = {each.task.id: each.result for each in outcomes(TASKS, evidence)}
    assert found["T070"].startswith("kagent v0.9; ")


def test_results_of_a_run_that_stopped() -> None:
    evidence = stopped_at("load", "no space left")
    found = {each.task.id: each.result for each in outcomes(TASKS, evidence)}
    assert found["T036"] == "load FAILED: no space left"
    assert found["T080"].startswith("SC-008-backend-cpu BLOCKED")
    assert found["T046"] == "deploy not reached"


def test_results_of_acceptance_tests() -> None:
    evidence = green()
    node = "tests/acceptance/test_deployment.py::test_every_workload_has_its_replicas"
    evidence.tests = {node: "passed"}
    assert "replicas passed" in {each.task.id: each.result for each in outcomes(TASKS, evidence)}["T049"]
    evidence.tests = {f"{node}[a]": "passed", f"{node}[b]": "failed"}
    assert "replicas failed" in {each.task.id: each.result for each in outcomes(TASKS, evidence)}["T049"]


def test_results_of_the_analysers() -> None:
    evidence = green()
    kept, objected = RuleResult(rule="USER is numeric", ok=True), RuleResult(rule="no shell", ok=False)
    evidence.analysis = Analysis(
        images=[ImageAnalysis(image="frontend", dockerfile="frontend.Dockerfile", rules=[kept, objected])],
        manifests=[ManifestAnalysis(task="T041", object="Deployment/todo-backend", wording="", rules=[kept])],
        health=HealthReport(namespace="todo", at="now", healthy=True),
        utilisation=[use()],
        recommendations=recommend([use()]),
    )
    found = {each.task.id: each.result for each in outcomes(TASKS, evidence)}
    assert found["T032"].startswith("dockerfile of frontend analysed, 1 of 2 rules kept; ")
    assert "in its place: manifest of T041 analysed, 1 of 1 rules kept; " in found["T041"]
    assert "in its place: health analysed, 0 findings; " in found["T070"]
    assert f"resources analysed, {len(evidence.analysis.recommendations)} figures recommended" in found["T076"]
    assert "dockerfile backend not analysed" in found["T033"]


def test_tests_beside_the_acceptance_tests_count_where_they_ran() -> None:
    evidence = green()
    cause = "tests/analysers/test_broken_deployments.py::test_the_cause_is_named"
    evidence.tests = {f"{cause}[wrong tag]": "passed"}
    assert "test_the_cause_is_named passed" in {each.task.id: each.result for each in outcomes(TASKS, evidence)}["T072"]


def test_evidence_of_a_run_that_died_is_told_too() -> None:
    evidence = Evidence(run=green().run)
    evidence.criteria = judge(evidence)
    assert len(table.lines(outcomes(TASKS, evidence))) == 2 * COUNT


def test_the_document_is_that_of_the_catalogue() -> None:
    """Its results are of some run; all else must be what `todo-k8s tasks` would write now."""
    rows = [line for line in DOCUMENT.read_text().splitlines() if re.match(r"\| T\d{3} ", line)]
    wanted = [
        line for line in table.markdown(outcomes(TASKS, green()), green()).splitlines() if re.match(r"\| T\d{3} ", line)
    ]
    assert len(rows) == COUNT
    assert [row.rsplit(" | ", 1)[0] for row in rows] == [line.rsplit(" | ", 1)[0] for line in wanted]


def test_the_command_writes_and_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evidence = tmp_path / "evidence.json"
    green().save(evidence)
    assert cli.main(["tasks", "--evidence", str(evidence), "--write", str(tmp_path / "tasks.md")]) == 0
    assert (tmp_path / "tasks.md").read_text().count("\n| T") == COUNT
    assert cli.main(["tasks", "--evidence", str(evidence)]) == 0
    assert "T099 All changes are committed" in capsys.readouterr().out


def test_the_command_without_evidence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["tasks", "--evidence", str(tmp_path / "absent.json")]) == 10
    assert "can't be read" in capsys.readouterr().err
