from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.tools.toolchain import DEFAULT_PROFILE, Toolchain, cache_root


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"TODO_K8S_CACHE": str(tmp_path / "cache"), "PATH": str(_tool(tmp_path / "path" / "helm").parent)}


def _tool(file: Path) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def _setup(environment: dict[str, str], content: object) -> Path:
    file = cache_root(environment) / "setup.json"
    file.parent.mkdir()
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_cache_root_is_the_named_one_or_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_root({"TODO_K8S_CACHE": "/x/y"}) == Path("/x/y")
    assert cache_root({}) == tmp_path / "todo-k8s"


def test_without_set_up_the_tools_on_path_are_used(environment: dict[str, str], tmp_path: Path) -> None:
    toolchain = Toolchain.load(environment)
    assert toolchain.paths == {"helm": tmp_path / "path" / "helm"}
    assert toolchain.profile == DEFAULT_PROFILE
    assert toolchain.kubeconfig is None
    with pytest.raises(ConfigError, match="docker is not on this machine: run `todo-k8s setup`"):
        toolchain.path("docker")


def test_what_set_up_chose_wins_while_it_is_there(environment: dict[str, str], tmp_path: Path) -> None:
    tools = {
        "helm": {"path": str(_tool(tmp_path / "setup" / "helm")), "version": "v4.0.0"},
        "docker": {"path": str(tmp_path / "gone" / "docker"), "version": "20.10"},
    }
    content = {
        "schema": 1,
        "tools": tools,
        "profile": "mine",
        "kubeconfig": "/k",
        "environment": {"MINIKUBE_HOME": "/m"},
        "bases": {"DEBIAN": "todo-k8s/debian:trixie"},
    }
    _setup(environment, content)
    toolchain = Toolchain.load(environment)
    assert toolchain.paths == {"helm": tmp_path / "setup" / "helm"}
    assert toolchain.versions == {"helm": "v4.0.0"}
    assert (toolchain.profile, toolchain.kubeconfig) == ("mine", Path("/k"))
    assert toolchain.bases == {"DEBIAN": "todo-k8s/debian:trixie"}
    child = toolchain.child_environment(environment)
    assert child["MINIKUBE_HOME"] == "/m"
    assert child["PATH"].split(":") == [str(tmp_path / "setup"), str(tmp_path / "path")]
    assert "MINIKUBE_HOME" not in environment


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "can't be read"),
        ([], "not of schema 1"),
        ({"schema": 2}, "not of schema 1"),
        ({"schema": 1, "tools": {"docker": {}}}, "lacks something: 'path'"),
        ({"schema": 1, "tools": []}, "lacks something"),
    ],
)
def test_file_that_cannot_be_understood_is_one_sentence(
    environment: dict[str, str], content: object, told: str
) -> None:
    file = _setup(environment, content)
    with pytest.raises(ConfigError, match=told) as caught:
        Toolchain.load(environment)
    assert str(file) in str(caught.value)
    assert str(caught.value).endswith("run `todo-k8s setup` again")
