"""A run's context for tests that really start processes: true command layer and journal, no cluster."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pytest_todo_k8s.context import RunContext
from pytest_todo_k8s.evidence import Evidence, Run
from pytest_todo_k8s.journal import FILE, Journal
from pytest_todo_k8s.ownership import Owner
from pytest_todo_k8s.settings import ClusterChoice, Settings
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.redaction import Redactor
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from pathlib import Path


def run_context(folder: Path, **parts: Any) -> RunContext:
    """Make a context below `folder`; `parts` take the place of its own, a cluster for example."""
    choice = ClusterChoice("minikube", "test")
    owner = Owner.of_this_process(choice)
    for name in ("state", "logs"):
        (folder / name).mkdir()
    redactor = Redactor()
    environment = {**os.environ, "TODO_K8S_CACHE": str(folder / "cache")}
    nothing: Any = SimpleNamespace()
    own = {
        "settings": Settings(folder, choice, "test-namespace", folder / "out", None, None, environment),
        "toolchain": Toolchain(paths={}),
        "commands": CommandRunner(environment, redactor=redactor),
        "redactor": redactor,
        "journal": Journal(folder / "state" / FILE, owner),
        "evidence": Evidence(run=Run(id=owner.run_id, started_at=owner.created_at, namespace="ns", cluster="test")),
        "state_dir": folder / "state",
        "logs_dir": folder / "logs",
        "progress": lambda _text: None,
        "cluster": nothing,
        "kube": nothing,
    }
    return RunContext(**{**own, **parts})
