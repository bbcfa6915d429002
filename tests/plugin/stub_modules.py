"""What stands in for a cluster and its phases inside the nested pytest runs: our own lifecycle is what is tested.

The modules take the places of the real ones before the plugin imports them. `STUB_HOME` is the folder through which
a test and its nested run talk: `knobs.json` says what goes wrong, `reached-<phase>` that a phase hangs, `engine/`
holds the images of the stub engine, `sample.json` the evidence of a good run.
"""

from __future__ import annotations

import json
import os
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

import stub_cluster  # type: ignore[import-not-found]  # beside this file: a nested run has its folder on its path

from pytest_todo_k8s import sweep, teardown
from pytest_todo_k8s.cluster import kube
from pytest_todo_k8s.cluster.provider import Endpoint
from pytest_todo_k8s.context import Deployment, RunContext
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.evidence import Evidence
from pytest_todo_k8s.ownership import namespace_manifest
from pytest_todo_k8s.tools import processes
from pytest_todo_k8s.tools.redaction import Secret

if TYPE_CHECKING:
    from collections.abc import Callable


HOME = Path(os.environ["STUB_HOME"])
BEFORE = dict(os.environ)


def knobs() -> dict[str, Any]:
    knobs: dict[str, Any] = json.loads((HOME / "knobs.json").read_text())
    return knobs


def preflight(context: RunContext, sample: Evidence) -> None:
    context.cluster.ensure()
    context.evidence.machine = sample.machine


def build(context: RunContext, sample: Evidence) -> None:
    docker = context.toolchain.path("docker")
    context.evidence.build = sample.build
    for part, image in zip(("backend", "frontend"), sample.build.images if sample.build else (), strict=False):
        image.reference = f"todo-{part}:{knobs().get('tag', 'stub')}"
        context.ledger.creating("image", image.reference)
        context.commands.run([docker, "build", context.ledger.owner.run_id, image.reference], timeout_s=10)
        context.ledger.created("image", image.reference)


def load(context: RunContext, sample: Evidence) -> None:
    context.evidence.loads = sample.loads


def deploy(context: RunContext, sample: Evidence) -> None:
    if not context.kept:
        _make_namespace(context)
    context.journal.creating("process", "forward")
    forward = context.commands.start(["sleep", "600"])
    process = processes.find(forward.pid)
    assert process
    context.journal.created("process", "forward", pid=process.pid, start=process.start)
    context.background.append(forward)
    context.evidence.manifests = sample.manifests
    context.evidence.deploy = sample.deploy
    context.deployment = Deployment(
        frontend=Endpoint("http://192.0.2.1:30080", "http://127.0.0.1:30080"),
        backend_url="http://127.0.0.1:18080",
        database_url=Secret("postgresql://todo:not-real@127.0.0.1/todo"),
    )


def _make_namespace(context: RunContext) -> None:
    name = context.settings.namespace
    context.journal.creating("namespace", name)
    if knobs().get("deploy") == "hang before the namespace":
        _act(context, "deploy", "hang")
    live = context.kube.create("/api/v1/namespaces", namespace_manifest(context, kubernetes_minor="v1.34"))
    context.journal.created("namespace", name, uid=live["metadata"]["uid"])


def settle(context: RunContext, sample: Evidence) -> None:
    context.evidence.settle = sample.settle


def measure(context: RunContext, sample: Evidence) -> None:
    context.evidence.measure = sample.measure


def exercise(context: RunContext, sample: Evidence) -> None:
    context.evidence.exercise = sample.exercise


def parity(context: RunContext, sample: Evidence) -> None:
    context.evidence.parity = sample.parity


PHASES = (preflight, build, load, deploy, settle, measure, exercise, parity)


def install() -> None:
    """Put the stubs where the plugin will look for the real ones; those that the knob `real` names stay real."""
    real = knobs().get("real", ())
    if "minikube" not in real:
        _module("pytest_todo_k8s.cluster.minikube", MinikubeCluster=stub_cluster.MinikubeCluster)
    for function in PHASES:
        if function.__name__ not in real:
            _module(f"pytest_todo_k8s.phases.{function.__name__}", run=_phase(function))
    if "namespace_limit_s" in knobs():
        for module in (teardown, sweep):
            vars(module)["NAMESPACE_LIMIT_S"] = knobs()["namespace_limit_s"]
    if "read_timeout_s" in knobs():
        kube.READ_TIMEOUT_S = knobs()["read_timeout_s"]  # type: ignore[misc]


def _module(name: str, **content: Any) -> None:
    module = types.ModuleType(name)
    vars(module).update(content)
    sys.modules[name] = module


def _phase(function: Callable[[RunContext, Evidence], None]) -> Callable[[RunContext], None]:
    def run(context: RunContext) -> None:
        with (HOME / "phases").open("a") as file:
            file.write(f"{function.__name__}\n")
        function(context, Evidence.load(HOME / "sample.json"))
        _act(context, function.__name__, str(knobs().get(function.__name__, "")))

    return run


def _act(context: RunContext, phase: str, action: str) -> None:
    """Do what the test asked for, once everything of the phase is there."""
    if action == "hang":
        # The child says it, so that there is one by the time a test goes on.
        said = str(HOME / f"reached-{phase}")
        context.commands.run(["/bin/sh", "-c", ': >"$1"; exec sleep 300', "sh", said], timeout_s=300)
    elif action == "fail":
        raise PhaseError(phase, "the stub was told to fail", "tell it not to")
    elif action == "crash":
        raise ZeroDivisionError("a bug in a phase")
