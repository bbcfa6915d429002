"""Runs of the gate on the Minikube that `todo-k8s setup` raised, from copies of the project with a fault in them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.tools.toolchain import Toolchain, cache_root
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
OURS = re.compile(r"(^|docker\.io/library/)todo-(backend|frontend|postgres|gemini-emulator):")
"""The name of an image that a run brought to the node; what was pulled from a registry is the kubelet's to clear."""
CLEARED_S = 60.0
"""Seconds in which the kubelet clears the containers of a pod that is gone."""
MARK = "TODO_TEST_OWNER"
"""In the environment of all runs of this process: other people's runs on the machine are not its leftovers."""


@dataclass
class Project:
    """A copy of the project and the runs that are made from it."""

    root: Path
    cluster: str = "minikube"
    tests: str = "tests/acceptance"
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def out(self) -> Path:
        return self.root / "out"

    def start(self, *arguments: str, terminal: int | None = None) -> subprocess.Popen[str]:
        """Start a run in a session of its own, with a terminal where the inner side of one is given."""
        argv = [sys.executable, "-m", "pytest", f"--todo-cluster={self.cluster}", f"--todo-namespace={NAMESPACE}"]
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
        return content

    def verdicts(self) -> dict[str, str]:
        return {each["id"]: each["verdict"] for each in self.evidence()["criteria"]}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    root = tmp_path / "project"
    for name in COPIED:
        source, target = ROOT / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=LEFT_OUT)
        else:
            shutil.copy2(source, target)
    copy = Project(root)
    yield copy
    copy.end()


@pytest.fixture
def leftovers() -> Callable[[], list[str]]:
    """Return a function that lists what runs left: in cluster, engine, process table and cache."""
    toolchain = Toolchain.load(os.environ)
    environment = toolchain.child_environment(os.environ)

    def ask(*argv: str | Path) -> list[str]:
        done = subprocess.run(
            argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=60
        )
        return done.stdout.split()

    def look() -> list[str]:
        where = (f"--kubeconfig={toolchain.kubeconfig}", f"--context={toolchain.profile}")
        kubectl, docker = (toolchain.path("kubectl"), *where), toolchain.path("docker")
        mark = "app.kubernetes.io/managed-by=todo-k8s"
        found = ask(*kubectl, "get", "namespaces", "-l", mark, "-o", "name")
        found += ask(*kubectl, "get", "persistentvolumes", "-o", "name")
        releases = ("--kubeconfig", toolchain.kubeconfig, "--kube-context", toolchain.profile)
        found += ask(toolchain.path("helm"), "list", *map(str, releases), "--all", "--all-namespaces", "--short")
        found += ask(docker, "image", "ls", "-q", "--filter", "label=todo-k8s.dev/run-id")
        found += ask(docker, "container", "ls", "--all", "--quiet", "--filter", "label=todo-k8s.dev/run-id")
        node = (docker, "exec", toolchain.profile, "ctr", "--namespace", "k8s.io")
        found += [name for name in ask(*node, "images", "ls", "--quiet") if OURS.search(name)]
        deadline = time.monotonic() + (0.0 if found else CLEARED_S)
        while containers := [word for word in ask(*node, "containers", "ls") if OURS.search(word)]:
            if time.monotonic() >= deadline:
                found += containers
                break
            time.sleep(1)
        found += [str(path) for path in (cache_root(os.environ) / "runs").glob("*")]
        found += [str(path) for path in Path("/proc").glob("[0-9]*") if _is_of_a_run(path)]
        return found

    return look


def reapers(owner: int) -> list[int]:
    """Process ids of the reapers that a run's own process has started."""
    children = Path(f"/proc/{owner}/task/{owner}/children").read_text(encoding="ascii").split()
    return [int(pid) for pid in children if b"pytest_todo_k8s.reaper" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _is_of_a_run(process: Path) -> bool:
    try:
        content = (process / "environ").read_bytes()
        return b"TODO_K8S_RUN_ID=" in content and f"{MARK}={os.getpid()}\0".encode() in content
    except OSError:
        return False
