"""Runs of the gate on the Minikube that `todo-k8s setup` raised, from copies of the project with a fault in them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.resilience.leftovers import MARK, OwnRuns
from tests.terminal import with_terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
COPIED = ("pyproject.toml", "conftest.py", "app", "charts", "Dockerfiles", "tests/acceptance", "pytest_todo_k8s")
LEFT_OUT = shutil.ignore_patterns("node_modules", ".next", "__pycache__", "*.pyc")
RUN_LIMIT_S = 900
PHASE_LIMIT_S = 400
END_LIMIT_S = 420.0
NAMESPACE = "todo-resilience"
ORDER = ("preflight", "build", "load", "deploy", "settle", "measure", "exercise", "parity")


@dataclass
class Project:
    """A copy of the project and the runs that are made from it."""

    root: Path
    own_runs: OwnRuns
    cluster: str = "minikube"
    tests: str = "tests/acceptance"
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def out(self) -> Path:
        return self.root / "out"

    def start(self, *arguments: str, terminal: int | None = None) -> subprocess.Popen[str]:
        """Start a run in a session of its own, with a terminal where the inner side of one is given."""
        argv = [
            sys.executable,
            "-m",
            "pytest",
            f"--todo-cluster={self.cluster}",
            f"--todo-namespace={self.own_runs.namespace}",
        ]
        argv += [*arguments, self.tests]
        process = subprocess.Popen(
            argv if terminal is None else with_terminal(argv),
            cwd=self.root,
            env={**os.environ, MARK: str(os.getpid())},
            stdin=subprocess.DEVNULL if terminal is None else terminal,
            stdout=subprocess.PIPE if terminal is None else terminal,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        self.own_runs.started(process.pid)
        return process

    def end(self) -> None:
        """End what a failed test has left at work: the next one finds a cluster without a run in it."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=END_LIMIT_S)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Return exit status and output of a whole run."""
        process = self.start(*arguments)
        try:
            output, _ = process.communicate(timeout=RUN_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, output

    def kill_in(self, phase: str) -> None:
        """Start a run and kill it and its reaper with -9 in a phase."""
        process = self.start()
        self.until(phase, process)
        for pid in reapers(process.pid):
            os.kill(pid, signal.SIGKILL)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()

    def until(self, phase: str, process: subprocess.Popen[str]) -> None:
        """Wait until a run is in the midst of a phase: the one before is in the evidence."""
        before, deadline = ORDER[ORDER.index(phase) - 1], time.monotonic() + PHASE_LIMIT_S
        while before not in self.phases():
            assert process.poll() is None, f"the run ended before its {phase} phase"
            assert time.monotonic() < deadline, f"the run does not come to its {phase} phase"
            time.sleep(0.2)
        time.sleep(2)
        assert process.poll() is None, f"the run ended in its {phase} phase"

    def phases(self) -> list[str]:
        try:
            return [phase["name"] for phase in self.evidence()["phases"]]
        except (FileNotFoundError, json.JSONDecodeError):
            return []

    def evidence(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.out / "evidence.json").read_text(encoding="utf-8"))
        self.own_runs.known(content["run"]["id"])
        return content

    def verdicts(self) -> dict[str, str]:
        return {each["id"]: each["verdict"] for each in self.evidence()["criteria"]}


@pytest.fixture
def project(tmp_path: Path, own_runs: OwnRuns) -> Iterator[Project]:
    root = tmp_path / "project"
    for name in COPIED:
        source, target = ROOT / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=LEFT_OUT)
        else:
            shutil.copy2(source, target)
    copy = Project(root, own_runs)
    yield copy
    copy.end()


@pytest.fixture(scope="session")
def own_runs() -> OwnRuns:
    return OwnRuns(NAMESPACE)


@pytest.fixture
def leftovers(own_runs: OwnRuns) -> Callable[[], list[str]]:
    """Return a function that lists what the runs of these tests left: in cluster, engine, process table and cache."""
    return own_runs.left


def reapers(owner: int) -> list[int]:
    """Process ids of the reapers that a run's own process has started."""
    children = Path(f"/proc/{owner}/task/{owner}/children").read_text(encoding="ascii").split()
    return [int(pid) for pid in children if b"pytest_todo_k8s.reaper" in Path(f"/proc/{pid}/cmdline").read_bytes()]
