"""The analysers in a run: whatever goes wrong with them is a note, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.analysis import health, in_run, utilisation
from pytest_todo_k8s.analysis.results import Analysis, HealthReport, ProposalSummary
from pytest_todo_k8s.cluster.kube import KubeError
from tests.unit.analysis.test_rightsizing import use
from tests.unit.criteria.sample_run import green
from tests.unit.running import run_context

if TYPE_CHECKING:
    from pytest_todo_k8s.context import RunContext

ROOT = Path(__file__).parents[3]


@pytest.fixture
def context(tmp_path: Path) -> RunContext:
    """A run that measured everything, before its teardown."""
    shutil.copytree(ROOT / "Dockerfiles", tmp_path / "Dockerfiles")
    made = run_context(tmp_path)
    (tmp_path / "out").mkdir()
    found = green()
    for part in ("build", "deploy", "settle", "measure", "machine"):
        setattr(made.evidence, part, getattr(found, part))
    return made


def healthy(*_: Any) -> HealthReport:
    return HealthReport(namespace="ns", at="now", healthy=True)


def test_everything_is_analysed(context: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    release: Any = (SimpleNamespace(released=lambda _chart: []), None)
    monkeypatch.setattr(health, "examine", healthy)
    monkeypatch.setattr(in_run, "release", lambda _context: release)
    monkeypatch.setattr(utilisation, "summarise", lambda _usages, window: ([use(window)], []))
    found = in_run.analyse(context)
    assert (found.notes, len(found.images), len(found.manifests)) == ([], len(context.settings.images), 4)
    assert found.health is not None
    assert [each.window for each in found.utilisation] == ["load", "idle"]
    text = (context.settings.out / "values-recommended.yaml").read_text()
    assert context.evidence.run.id in text
    assert context.evidence.analysis is found


def test_a_run_that_was_blocked_still_has_its_dockerfiles(context: RunContext) -> None:
    context.evidence.deploy = context.evidence.settle = context.evidence.measure = None
    found = in_run.analyse(context)
    assert len(found.images) == len(context.settings.images)
    assert (found.health, found.recommendations, found.notes) == (None, [], [])


def test_why_idle_use_was_not_read_is_a_note(context: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "examine", healthy)
    monkeypatch.setattr(in_run, "_manifests", lambda *_: None)
    assert context.evidence.settle is not None
    context.evidence.settle.idle_reason = "the reader said: nothing"
    found = in_run.analyse(context)
    assert found.notes == ["idle use: the reader said: nothing"]
    assert {each.window for each in found.utilisation} == {"load"}


def test_what_goes_wrong_is_a_note(context: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> HealthReport:
        raise KubeError(0, "Gone", "no answer")

    def crashes(*_: Any) -> Any:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr(health, "examine", fails)
    monkeypatch.setattr(in_run, "release", crashes)
    found = in_run.analyse(context)
    assert found.notes == [
        "health: Kubernetes API: no answer (Gone)",
        "manifests: unexpected ZeroDivisionError: by zero",
    ]


def test_assistants_are_asked_only_when_named(context: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_todo_k8s.assistants import asking  # noqa: PLC0415  as the code under test does

    asked: list[str] = []

    def ask(_context: object, name: str) -> list[ProposalSummary]:
        asked.append(name)
        return [ProposalSummary(tool=name, subject="health", target="ns", status="ok", allowed=True)]

    monkeypatch.setattr(health, "examine", healthy)
    monkeypatch.setattr(asking, "in_run", ask)
    in_run.analyse(context)
    assert asked == []
    object.__setattr__(context.settings, "assistants", ("kagent",))
    found: Analysis = in_run.analyse(context)
    assert asked == ["kagent"]
    assert [each.tool for each in found.proposals] == ["kagent"]
