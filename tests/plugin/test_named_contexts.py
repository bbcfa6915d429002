"""A cluster named by its context: the same lifecycle, also for the processes that know it by the journal alone."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.plugin.hanging import hang
from tests.unit.cluster.api_server import kubeconfig

if TYPE_CHECKING:
    from tests.plugin.project import Project

NAME = "arn:aws:eks:eu-west-1:1:cluster/dev"
CLUSTER = f"context:{NAME}"
REGISTRY = "--todo-registry=registry.example/team"
BARE = ("-p", "no:xdist", "-p", "no:html")
LIMIT_S = 60.0


@pytest.fixture
def named(project: Project) -> Project:
    """Let the stub API be the cluster behind a context."""
    project.environment["KUBECONFIG"] = str(kubeconfig(project.path, project.api.url, NAME))
    return project


@pytest.mark.parametrize("way", [BARE, ("-n2",)])
def test_a_run_leaves_nothing(named: Project, way: tuple[str, ...]) -> None:
    status, output = named.run(REGISTRY, *way, cluster=CLUSTER)
    assert (status, named.left()) == (0, []), output
    assert named.evidence.run.cluster == CLUSTER
    assert "POST /api/v1/namespaces" in named.api.writes


def test_reaper_of_a_killed_run_reaches_it(named: Project) -> None:
    process = hang(named, "measure", REGISTRY, *BARE, cluster=CLUSTER)
    process.kill()
    process.wait()
    deadline = time.monotonic() + LIMIT_S
    while (left := named.left()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
    assert "NOT REMOVED" not in (named.out / "logs" / "reaper.log").read_text()


def test_reap_needs_no_registry(named: Project) -> None:
    process = hang(named, "measure", REGISTRY, *BARE, cluster=CLUSTER)
    named.kill_reaper()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    status, output = named.todo_k8s("reap", f"--cluster={CLUSTER}")
    assert (status, named.left()) == (0, []), output


def test_a_run_on_another_provider_leaves_it_alone(named: Project) -> None:
    named.run(REGISTRY, "--todo-keep=always", *BARE, cluster=CLUSTER)
    status, output = named.todo_k8s("reap", "--cluster=kind:other")
    assert status == 10, output
    assert "there is no kind cluster other in the engine in use" in output
    assert "todo-app-dev" in named.api.namespaces


def test_without_a_registry_nothing_begins(named: Project) -> None:
    status, output = named.run(*BARE, cluster=CLUSTER)
    assert status == 4, output
    assert "needs a registry: name one with --todo-registry" in output
    assert named.phases == []
    assert not named.api.requests
