"""The Minikube as "any cluster": by its context, with images from a local registry (Debian's `docker-registry`)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.tools.toolchain import Toolchain
from tests.resilience.registry import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.resilience.conftest import Project


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("registry"), Toolchain.load(os.environ).profile) as place:
        yield place


def test_a_cluster_by_its_context_with_images_from_a_registry(
    project: Project, registry: str, leftovers: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    toolchain = Toolchain.load(os.environ)
    monkeypatch.setenv("KUBECONFIG", str(toolchain.kubeconfig))
    monkeypatch.setenv("TODO_REGISTRY", registry)
    project.cluster = f"context:{toolchain.profile}"
    status, output = project.run()
    assert status == 0, output
    verdicts = project.verdicts()
    assert set(verdicts.values()) <= {"PASS", "BORDERLINE"}, output
    assert verdicts["SC-008"] == "PASS", output
    read = project.evidence()["measure"]["usage_source"]
    assert "python3 in todo-backend/" in read
    assert "node in todo-frontend/" in read
    assert all("docker push" in each["route"] for each in project.evidence()["loads"])
    assert leftovers() == []


def test_a_context_that_must_not_be_touched(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    toolchain = Toolchain.load(os.environ)
    monkeypatch.setenv("KUBECONFIG", str(toolchain.kubeconfig))
    monkeypatch.setenv("TODO_REGISTRY", "127.0.0.1:1/todo")
    monkeypatch.setenv("TODO_ALLOW_SERVERS", "dev-*.example.com")
    project.cluster = f"context:{toolchain.profile}"
    status, output = project.run()
    assert status == 10
    assert "is not on the list TODO_ALLOW_SERVERS" in output
