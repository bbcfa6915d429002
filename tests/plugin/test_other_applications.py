"""A project with another application: what its settings leave open is not run; mistakes are told in one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.evidence import Evidence, Verdict
from pytest_todo_k8s.measurements import FlowStep

if TYPE_CHECKING:
    from tests.plugin.project import Project

ELSEWHERE = Path(__file__).parents[1] / "elsewhere"
APPS = {"todo-backend": "notes-api", "todo-frontend": "notes-web"}


@pytest.fixture
def notes(project: Project) -> Project:
    """The project with the other application's files, and phases that find it healthy."""
    for each in ("api", "web", "deploy"):
        shutil.copytree(ELSEWHERE / each, project.path / each)
    for name in ("notes_flow.py", "notes_requests.py", "todo-k8s.toml"):
        shutil.copy2(ELSEWHERE / name, project.path)
    sample = Evidence.load(project.home / "sample.json")
    assert sample.deploy
    assert sample.measure
    assert sample.measure.page
    assert sample.exercise
    assert sample.exercise.walk
    for pod in sample.deploy.pods:
        pod.app = APPS.get(pod.app, pod.app)
    for usage in sample.measure.usage:
        usage.app = APPS.get(usage.app, usage.app)
    sample.measure.page.title = sample.measure.page.title_wanted = "Notes"
    sample.exercise.built_in = False
    sample.exercise.walk.steps = [FlowStep(name="page", ok=True, start_s=1.0, duration_s=0.1)]
    project.sample(sample)
    return project


def test_a_full_run_is_incomplete_and_says_what_to_set(notes: Project) -> None:
    status, output = notes.run()
    assert (status, notes.left()) == (11, []), output
    found = {each.id: each for each in notes.evidence.criteria}
    assert {name for name, each in found.items() if each.verdict is not Verdict.PASS} == {"SC-006"}
    assert "not set up for this application: set tool.todo-k8s.database.rows" in output
    assert notes.evidence.run.limits == {"SC-002-frontend": 400.0}
    page = (notes.out / "report.html").read_text()
    assert "set tool.todo-k8s.database.rows" in page
    assert "default 500 MB" in page
    assert "limit 400 MB (default 500 MB)" in output


def test_what_it_covers_is_green_when_it_alone_is_asked_for(notes: Project) -> None:
    status, output = notes.run("--todo-only=SC-001,SC-002,SC-003,SC-004,SC-005,SC-007,SC-008,SC-009,SC-010")
    assert (status, notes.left()) == (0, []), output
    assert "not asked for" in output


def test_a_looser_size_is_no_gate(notes: Project) -> None:
    file = notes.path / "todo-k8s.toml"
    file.write_text(file.read_text().replace("size-limit = 400", "size-limit = 900"))
    status, output = notes.run()
    assert status == 0, output
    assert "looser limits: SC-002-frontend 500 -> 900 MB" in output


def test_the_plan_tells_it_too(notes: Project) -> None:
    status, output = notes.run("--todo-plan")
    assert status == 0, output
    assert "chart      " + str(notes.path / "deploy/notes") in output
    assert "not run: set tool.todo-k8s.database.rows" in output
    assert "database" not in output.replace("database.rows", "").replace("frontend, backend and database", "")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('release = "notes"\n', "", "tool.todo-k8s.release is missing: set it"),
        ("helm-test = true", "helm_test = true", "there is no key tool.todo-k8s.helm_test: correct its name"),
        (
            'chart = "deploy/notes"',
            'chart = "charts/notes"',
            "tool.todo-k8s.chart = 'charts/notes' is no folder",
        ),
        ("[tool.todo-k8s]\n", "", "todo-k8s.toml has no table [tool.todo-k8s]"),
    ],
)
def test_mistakes_are_one_sentence(notes: Project, old: str, new: str, told: str) -> None:
    file = notes.path / "todo-k8s.toml"
    lines = file.read_text().replace(old, new, 1) if old.startswith(("release", "helm", "chart")) else "release = 'x'\n"
    file.write_text(lines)
    status, output = notes.run()
    assert status == 4, output
    assert told in output
    assert "Traceback" not in output
    assert not notes.out.exists()
    assert notes.left() == []


def test_two_files_with_the_table(notes: Project) -> None:
    (notes.path / "pyproject.toml").write_text("[tool.todo-k8s]\nrelease = 'notes'\n")
    status, output = notes.run()
    assert status == 4, output
    assert "both have a table [tool.todo-k8s]: keep it in one of the two files" in output
