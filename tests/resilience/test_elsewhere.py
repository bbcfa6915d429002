"""The gate on the real cluster with another application than this project's: tests/elsewhere, as it stands there."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.resilience.conftest import LEFT_OUT, ROOT, Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.resilience.leftovers import OwnRuns

NOT_SET_UP = "not set up for this application: set tool.todo-k8s."


@pytest.fixture
def notes(tmp_path: Path, own_runs: OwnRuns) -> Project:
    root = tmp_path / "notes"
    shutil.copytree(ROOT / "tests/elsewhere", root, ignore=LEFT_OUT)
    return Project(root, own_runs, tests="tests")


def test_the_gate_judges_what_its_settings_cover(notes: Project, leftovers: Callable[[], list[str]]) -> None:
    status, output = notes.run()
    assert status == 11, output
    assert "Traceback" not in output
    evidence = notes.evidence()
    rows = {f"{each['id']}-{part['name']}": part for each in evidence["criteria"] for part in each["parts"]}
    unset = {name: part["reason"] for name, part in rows.items() if part["verdict"] == "NOT RUN"}
    assert unset == {"SC-006-row": f"{NOT_SET_UP}database.rows"}
    assert {name: part["reason"] for name, part in rows.items() if part["verdict"] not in {"PASS", "NOT RUN"}} == {}
    assert rows["SC-002-frontend"]["limit"] == 400
    assert [step["name"] for step in evidence["exercise"]["steps"]] == [
        "the page",
        "write a note",
        "read the notes",
        "helm test",
    ]
    assert evidence["parity"]["requests"] == 8
    assert {pod["app"] for pod in evidence["deploy"]["pods"]} == {"notes-api", "notes-web"}
    assert leftovers() == []


def test_what_it_covers_is_a_run_of_its_own(notes: Project, leftovers: Callable[[], list[str]]) -> None:
    flow = notes.root / "notes_flow.py"
    text = flow.read_text(encoding="utf-8")
    flow.write_text(text.replace('"Notes of a run" in page', '"Somebody else\'s notes" in page'), encoding="utf-8")
    status, output = notes.run("--todo-only=SC-003,SC-005,SC-006")
    assert status == 1, output
    assert "Traceback" not in output
    verdicts = notes.verdicts()
    assert {name for name, verdict in verdicts.items() if verdict == "PASS"} == {"SC-003", "SC-005"}
    assert verdicts["SC-006"] == "FAIL"
    assert "step 'the page' failed: AssertionError" in output
    assert leftovers() == []
