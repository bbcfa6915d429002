"""Every criterion can fail: seeded faults on a real Minikube, each caught by its own criterion and no other."""

from __future__ import annotations

import datetime as dt
import importlib
import re
import time
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.criteria import CRITERIA
from pytest_todo_k8s.evidence import Verdict
from tests.integrity import matrix
from tests.integrity.faults.control import CONTROLS
from tests.integrity.world import RED, World

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pytest_todo_k8s.evidence import CriterionResult
    from tests.integrity.fault import Fault

NAMES = [criterion.id.lower().replace("-", "_") for criterion in CRITERIA]
FAULTS: list[Fault] = [
    fault for name in NAMES for fault in importlib.import_module(f"tests.integrity.faults.{name}").FAULTS
]
FEWEST = 3


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The deployment of all trials; what ran is written down, and nothing is left."""
    world = World(tmp_path_factory.mktemp("run"))
    try:
        assert world.run.evidence.failed_phase() is None, world.said
        yield world
    finally:
        left = world.down()
        matrix.write()
    assert left == []


def _name(fault: Fault) -> str:
    return f"{fault.criterion}-{fault.name}".strip("-")


def test_there_are_enough_faults_for_each_criterion() -> None:
    for criterion in CRITERIA:
        assert sum(fault.criterion == criterion.id for fault in FAULTS) >= FEWEST, criterion.id


@pytest.mark.parametrize("control", CONTROLS, ids=_name)
def test_control_is_green(world: World, control: Fault, tmp_path: Path) -> None:
    verdicts, _ = _tried(world, control, tmp_path)
    looked_at = 11 if "measure" in control.phases else 2
    assert sum(each.verdict is Verdict.PASS for each in verdicts.values()) >= looked_at, _said(verdicts)
    assert not _red(verdicts), _said(verdicts)


@pytest.mark.parametrize("fault", FAULTS, ids=_name)
def test_fault_is_caught_by_its_criterion_and_no_other(world: World, fault: Fault, tmp_path: Path) -> None:
    verdicts, caught = _tried(world, fault, tmp_path)
    assert verdicts[fault.criterion].verdict is Verdict.FAIL, _said(verdicts)
    assert re.search(fault.cause, verdicts[fault.criterion].reason), _said(verdicts)
    assert caught, _said(verdicts)


def _tried(world: World, fault: Fault, folder: Path) -> tuple[dict[str, CriterionResult], bool]:
    """Make a trial and write its result down, however it ends."""
    started = time.monotonic()
    verdicts = world.judge(fault, folder)
    reason = verdicts[fault.criterion].reason if fault.criterion else ""
    reason = reason.replace(f"{folder}/", "")  # of the copy: it says nothing to a reader
    caught = _red(verdicts) - set(fault.also) == ({fault.criterion} if fault.criterion else set())
    caught = caught and re.search(fault.cause, reason) is not None
    machine = world.run.evidence.machine
    versions = {"Kubernetes": machine.kubernetes, "runtime": machine.runtime} if machine else {}
    matrix.keep(
        matrix.Result(
            criterion=fault.criterion,
            name=fault.name,
            verdicts={name: str(each.verdict.value) for name, each in verdicts.items()},
            reason=reason if caught else f"{reason}; red: {_said(verdicts, _red(verdicts))}",
            caught=caught,
            seconds=round(time.monotonic() - started, 1),
            date=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
            versions=versions | (dict(machine.tools) if machine else {}),
        )
    )
    world.say(f"{fault.name}: {'caught' if caught else 'NOT CAUGHT'} in {time.monotonic() - started:.0f} s: {reason}")
    return verdicts, caught


def _red(verdicts: dict[str, CriterionResult]) -> set[str]:
    return {name for name, each in verdicts.items() if each.verdict in RED}


def _said(verdicts: dict[str, CriterionResult], names: Iterable[str] = ()) -> str:
    shown = {name: each for name, each in verdicts.items() if name in names or not names}
    return "; ".join(f"{name} {each.verdict.value}: {each.reason}" for name, each in shown.items())
