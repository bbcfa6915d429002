"""One deployment by the gate on the real Minikube, and trials on it: the gate's own phases and judges, with a fault."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_todo_k8s.cluster.minikube import MinikubeCluster
from pytest_todo_k8s.cluster.rollout import is_ready
from pytest_todo_k8s.command_log import CommandLog
from pytest_todo_k8s.criteria import judge
from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.run import Run
from pytest_todo_k8s.sequence import execute
from pytest_todo_k8s.settings import ClusterChoice, Settings
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.processes import RUN_VARIABLE
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.evidence import CriterionResult, Evidence, PhaseName
    from tests.integrity.fault import Fault

ROOT = Path(__file__).parents[2]
NAMESPACE = "todo-integrity"
COPIED = ("charts", "Dockerfiles")
PARTS: dict[PhaseName, tuple[str, ...]] = {"preflight": (), "deploy": ("deploy", "manifests")}
"""What a phase fills in of the evidence, where this is not called as the phase is."""
RED = {Verdict.FAIL, Verdict.BORDERLINE, Verdict.CRASHED}


@dataclass
class Trial:
    """A fault's own view of the deployment: it changes this, and never the run that all trials share.

    Attributes:
        context: Handed to the phases; a fault replaces parts of it.
        folder: The trial's own folder.
        number: Of the trial.
    """

    context: RunContext
    folder: Path
    number: int

    def kubectl(self, *words: str) -> str:
        """Run kubectl as the run does, in its namespace."""
        tool, cluster = self.context.toolchain.path("kubectl"), self.context.cluster
        argv = [str(tool), f"--kubeconfig={cluster.kubeconfig}", f"--context={cluster.context}"]
        argv += ["--namespace", self.context.settings.namespace]
        return self.context.commands.run([*argv, *words], timeout_s=120).stdout

    def node(self, *argv: str, timeout_s: float = 60.0) -> str:
        """Run a command on the node as root."""
        return self.context.cluster.on_node(argv, timeout_s=timeout_s)

    def container(self, part: str) -> str:
        """Return the id of a container of the application."""
        kube, namespace = self.context.kube, self.context.settings.namespace
        pod = kube.items(f"/api/v1/namespaces/{namespace}/pods", labelSelector=f"app=todo-{part}")[0]
        return str(pod["status"]["containerStatuses"][0]["containerID"]).rpartition("://")[2]

    def copy(self) -> Path:
        """Copy chart and Dockerfiles, let the trial use the copy, and return its folder.

        An image that no fault touches is not built anew: its Dockerfile is one line, the image of the run.
        """
        root = self.folder / "project"
        for name in COPIED:
            shutil.copytree(ROOT / name, root / name)
        build = self.context.evidence.build
        assert build is not None
        for image in build.images:
            (root / f"Dockerfiles/{image.name}.Dockerfile").write_text(f"FROM {image.reference}\n", encoding="utf-8")
        for source in self.context.settings.images:
            folder = root / source.context.relative_to(ROOT)
            folder.mkdir(parents=True, exist_ok=True)
        self.set(root=root)
        return root

    def own_namespace(self) -> None:
        """Deploy anew beside the deployment of the run, with the same images."""
        self.set(namespace=f"{NAMESPACE}-{self.number}")

    def set(self, **changes: object) -> None:
        """Change settings of this trial."""
        self.context.settings = replace(self.context.settings, **changes)  # type: ignore[arg-type]  # by name

    def tool(self, name: str, script: str) -> None:
        """Put a wrapper in a tool's place; `$REAL` is the tool."""
        file = self.folder / "bin" / name
        file.parent.mkdir(exist_ok=True)
        real = self.context.toolchain.path(name)
        file.write_text(f"#!/bin/sh\nREAL={real}\n{script}\n", encoding="utf-8")
        file.chmod(0o755)
        toolchain = self.context.toolchain
        self.context.toolchain = replace(toolchain, paths={**toolchain.paths, name: file})
        _connect(self.context)


class World:
    """The run that all trials share."""

    def __init__(self, out: Path) -> None:
        self.toolchain = Toolchain.load(os.environ)
        self.said: list[str] = []
        self.trials = 0
        settings = Settings(
            root=ROOT,
            cluster=ClusterChoice("minikube", self.toolchain.profile),
            namespace=NAMESPACE,
            out=out,
            database_url=None,
            model_key=None,
            environment=dict(os.environ),
            only=("SC-001",),  # up to the deployment; trials run the later phases
            seed=1,
        )
        self.run = Run(settings, self.toolchain, self.say)
        self.run.go()

    def say(self, text: str) -> None:
        self.said.append(text)
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)  # noqa: T201  the progress of minutes

    @property
    def context(self) -> RunContext:
        assert self.run._context is not None
        return self.run._context

    def down(self) -> Sequence[str]:
        """Take everything down and return what was left."""
        cleanup = self.run.down()
        self.run.conclude(0)
        return cleanup.leftovers if cleanup else []

    def judge(self, fault: Fault, folder: Path) -> dict[str, CriterionResult]:
        """Run a fault's phases with the fault in place, take it out, and return the verdicts."""
        trial = self._trial(fault, folder)
        evidence = trial.context.evidence
        trial.kubectl("delete", "events", "--all")  # what the trial before left after it had been tidied up
        try:
            with fault.seed(trial):
                self._phases(trial, fault.phases)
        finally:
            self._tidy(trial)
        evidence.run.only = []
        return {result.id: result for result in judge(evidence)}

    def _trial(self, fault: Fault, folder: Path) -> Trial:
        base = self.context
        evidence: Evidence = base.evidence.model_copy(deep=True)
        evidence.phases = [phase for phase in evidence.phases if phase.name not in fault.phases]
        if "settle" in fault.phases:
            _refresh(base, evidence)
        evidence.run.limits, evidence.run.only = dict(fault.limits), list(fault.only)
        context = replace(
            base,
            settings=replace(base.settings, only=fault.only, limits=dict(fault.limits), out=folder),
            evidence=evidence,
            logs_dir=folder / "logs",
        )
        context.logs_dir.mkdir(parents=True)
        _connect(context)
        self.trials += 1
        evidence.run.id = f"{evidence.run.id}-{self.trials}"  # accounts of two trials must not be the same
        return Trial(context, folder, self.trials)

    @staticmethod
    def _tidy(trial: Trial) -> None:
        """Leave nothing that a later trial would take for its own: events, and a namespace of the trial's own."""
        _connect(trial.context)
        if trial.context.settings.namespace == NAMESPACE:
            trial.kubectl("delete", "events", "--all")
        else:
            name = trial.context.settings.namespace
            trial.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")

    @staticmethod
    def _phases(trial: Trial, phases: Sequence[PhaseName]) -> None:
        evidence = trial.context.evidence
        evidence.commands = [each for each in evidence.commands if each.phase not in phases]
        for name in phases:
            for part in PARTS.get(name, (name,)):
                setattr(evidence, part, None)
        log = CommandLog(evidence, trial.context.started_s)

        def enter(phase: PhaseName) -> None:
            log.phase = phase

        _connect(trial.context, log)
        execute(trial.context, enter=enter, after_preflight=lambda _: None, save=lambda: None, phases=phases)


def _refresh(context: RunContext, evidence: Evidence) -> None:
    """Take the pods that earlier trials replaced (SC-006 deletes the backend's) as those of the deployment."""
    deploy, namespace = evidence.deploy, context.settings.namespace
    assert deploy is not None
    known = {pod.name: pod for pod in deploy.pods}
    like = {pod.app: pod for pod in deploy.pods}
    found = []
    for pod in context.kube.items(f"/api/v1/namespaces/{namespace}/pods"):
        name, app = pod["metadata"]["name"], (pod["metadata"].get("labels") or {}).get("app", "")
        if name in known and (known[name].ready_s is None or is_ready(pod)):
            found.append(known[name])
        elif app in like and is_ready(pod):
            moments = {each["type"]: str(each["lastTransitionTime"]) for each in pod["status"]["conditions"]}
            found.append(like[app].model_copy(update={"name": name, "conditions": moments}))
    deploy.pods = found


def _connect(context: RunContext, log: CommandLog | None = None) -> None:
    """Give a trial commands and a cluster of its own, by its own tools."""
    environment = context.toolchain.child_environment(os.environ) | {RUN_VARIABLE: context.journal.owner.run_id}
    note = log.note if log else lambda _record: None
    context.commands = CommandRunner(environment, redactor=context.redactor, on_record=note)
    context.cluster = MinikubeCluster(context.settings, context.toolchain, context.commands, context.state_dir)
