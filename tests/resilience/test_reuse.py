"""A deployment that is kept on the real cluster, upgraded with a change that a user sees, and taken down at last."""

from __future__ import annotations

import os
import signal
import urllib.request
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.reaping import RUNS
from pytest_todo_k8s.tools.toolchain import cache_root
from tests.resilience.conftest import NAMESPACE, reapers
from tests.resilience.test_lifecycle import kubectl, todo_k8s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.resilience.conftest import Project

LEAD = "Write down what needs to be done"
NEW_LEAD = "This is what the second revision says"


def page(port: int) -> str:
    """The landing page through the NodePort, as far as it is published on this machine."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
        return str(answer.read().decode())


def seen(jsonpath: str, *what: str) -> str:
    return kubectl("get", *what, f"--namespace={NAMESPACE}", "-o", f"jsonpath={jsonpath}")


def uid() -> str:
    return kubectl("get", "namespace", NAMESPACE, "-o", "jsonpath={.metadata.uid}")


def node_port() -> int:
    return int(seen("{.spec.ports[0].nodePort}", "service", "todo-frontend-service"))


def images() -> set[str]:
    return set(seen("{.items[*].spec.containers[*].image}", "pods", "--field-selector=status.phase=Running").split())


@pytest.fixture
def kept() -> Iterator[list[str]]:
    """Runs that keep something: they are taken down whatever a test came to."""
    made: list[str] = []
    yield made
    for run_id in made:
        if (cache_root(os.environ) / RUNS / run_id).exists():
            todo_k8s("reap", run_id)


def test_kept_then_reused_then_killed_then_reaped(
    project: Project, kept: list[str], leftovers: Callable[[], list[str]]
) -> None:
    status, output = project.run("--todo-keep=always", "--todo-only=SC-003")
    run_id = project.evidence()["run"]["id"]
    kept.append(run_id)
    assert status == 0, output
    made, port = uid(), node_port()
    secrets, before = seen("{.items[*].data}", "secrets", "-l", "app.kubernetes.io/managed-by=todo-k8s"), images()
    assert LEAD in page(port)

    source = project.root / "app/frontend/src/app/page.tsx"
    source.write_text(source.read_text(encoding="utf-8").replace(LEAD, NEW_LEAD), encoding="utf-8")
    status, output = project.run("--todo-reuse")
    assert status == 0, output
    assert f"partial run: not a gate (the deployment of the run {run_id} was upgraded, not made from nothing)" in output
    assert set(project.verdicts().values()) <= {"PASS", "BORDERLINE"}, output
    assert (project.evidence()["deploy"]["revision"], uid(), node_port()) == (2, made, port)
    assert seen("{.items[*].data}", "secrets", "-l", "app.kubernetes.io/managed-by=todo-k8s") == secrets
    assert NEW_LEAD in page(port)
    assert not images() & before, "every pod is of the new revision"
    assert not [name for name in leftovers() if any(name.endswith(old) for old in before)], "the old images are gone"

    process = project.start("--todo-reuse")
    project.until("deploy", process)
    for pid in reapers(process.pid):
        os.kill(pid, signal.SIGKILL)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert f"namespace {NAMESPACE}" not in todo_k8s("reap"), "the dead run made no namespace"
    assert uid() == made
    assert NEW_LEAD in page(port), "what was there serves on"

    assert f"namespace {NAMESPACE} (UID {made}): gone after" in todo_k8s("reap", run_id)
    assert leftovers() == []
