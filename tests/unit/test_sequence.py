from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.errors import ConfigError, PhaseError
from pytest_todo_k8s.evidence import Evidence
from pytest_todo_k8s.sequence import ORDER, execute
from pytest_todo_k8s.tools.command import CommandError, CommandResult
from pytest_todo_k8s.tools.redaction import Secret
from tests.unit.running import run_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext


class Phases:
    """Phases that note their names, one of them with something to do."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []
        self.context = run_context(folder, progress=self.said.append)
        self.file = folder / "evidence.json"
        self.done: list[str] = []
        self._monkeypatch = monkeypatch
        for name in ORDER:
            self.let(name, lambda: None)

    def let(self, name: str, action: Callable[[], object]) -> None:
        def run(_context: RunContext) -> None:
            self.done.append(name)
            action()

        module = types.ModuleType(name)
        vars(module)["run"] = run
        self._monkeypatch.setitem(sys.modules, f"pytest_todo_k8s.phases.{name}", module)

    def execute(self) -> PhaseError | None:
        entered: list[str] = []
        error = execute(
            self.context,
            enter=entered.append,
            after_preflight=lambda _context: self.done.append("sweep"),
            save=lambda: self.context.evidence.save(self.file),
        )
        assert entered == [name for name in self.done if name != "sweep"]
        return error


def test_other_phases_than_those_of_a_whole_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Phases(tmp_path, monkeypatch)
    entered: list[str] = []
    assert not execute(
        asked.context, enter=entered.append, after_preflight=print, save=lambda: None, phases=("settle", "parity")
    )
    assert asked.done == ["settle", "parity"]
    assert [phase.name for phase in asked.context.evidence.phases] == ["settle", "parity"]


@pytest.fixture
def phases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Phases:
    return Phases(tmp_path, monkeypatch)


def fail(error: BaseException) -> Callable[[], object]:
    def action() -> None:
        raise error

    return action


def test_all_phases_in_order(phases: Phases) -> None:
    assert phases.execute() is None
    assert phases.done == ["preflight", "sweep", *ORDER[1:]]
    evidence = Evidence.load(phases.file)
    assert [phase.name for phase in evidence.phases] == list(ORDER)
    assert all(phase.ok and phase.duration_s >= 0 for phase in evidence.phases)
    assert [line.split()[0] for line in phases.said] == list(ORDER)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PhaseError("load", "no room", "make some"), "no room: make some"),
        (ConfigError("a file is wrong", "repair it"), "a file is wrong: repair it"),
        (CommandError(CommandResult(("docker", "x"), 3, "", "boom", 0.1)), "docker x ended with status 3: boom"),
    ],
)
def test_first_error_stops_the_later_phases(phases: Phases, error: Exception, told: str) -> None:
    phases.let("load", fail(error))
    failed = phases.execute()
    assert failed
    assert (failed.phase, str(failed)) == ("load", told)
    assert phases.done[-1] == "load"
    last = Evidence.load(phases.file).phases[-1]
    assert (last.name, last.ok, last.cause) == ("load", False, failed.cause)
    assert phases.said[-1] == f"load      FAILED: {told}"


def test_bug_is_told_in_one_sentence_without_secrets(phases: Phases) -> None:
    phases.context.redactor.add(Secret("a-secret-word"))
    phases.let("deploy", fail(KeyError("a-secret-word\nsecond line")))
    failed = phases.execute()
    assert failed
    assert failed.cause.startswith("unexpected KeyError: '[redacted]")
    assert "\n" not in str(failed)
    file = phases.context.logs_dir / "deploy.traceback.txt"
    assert "Traceback" in file.read_text()
    assert "a-secret-word" not in file.read_text()


def test_phase_that_cannot_be_imported_is_its_own_error(phases: Phases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytest_todo_k8s.phases.settle", None)
    nothing: Callable[[object], None] = lambda _argument: None  # noqa: E731  short is clear here
    failed = execute(phases.context, enter=nothing, after_preflight=nothing, save=lambda: None)
    assert failed
    assert failed.phase == "settle"
    assert "ModuleNotFoundError" in failed.cause or "ImportError" in failed.cause


def test_interruption_is_noted_and_goes_on(phases: Phases) -> None:
    phases.let("build", fail(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        phases.execute()
    last = Evidence.load(phases.file).phases[-1]
    assert (last.name, last.ok, last.cause) == ("build", False, "it was interrupted")
