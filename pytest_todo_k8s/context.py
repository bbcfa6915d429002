"""What the phases of one run share."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pytest_todo_k8s.errors import PhaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.cluster.provider import Cluster, Endpoint
    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.journal import Journal
    from pytest_todo_k8s.kept import Kept
    from pytest_todo_k8s.settings import Settings
    from pytest_todo_k8s.tools.command import CommandRunner
    from pytest_todo_k8s.tools.redaction import Redactor, Secret
    from pytest_todo_k8s.tools.toolchain import Toolchain


class Background(Protocol):
    """Something that goes on between phases and can be stopped, such as a `BackgroundCommand`."""

    def stop(self, grace_s: float = 5.0) -> int:
        """End it and return its exit status; safe to call twice."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the deployed application answers.

    Attributes:
        frontend: The frontend's NodePort.
        backend_url: The backend, by a port-forward on a loopback address that lives until teardown; empty: the
            application's settings name none.
        database_url: PostgreSQL as this machine reaches it (a port-forward where it runs in the cluster); None: the
            application's settings name none.
        secrets: The values of the run's Secrets, by key.
    """

    frontend: Endpoint
    backend_url: str
    database_url: Secret | None
    secrets: Mapping[str, Secret] = field(default_factory=dict)


@dataclass
class RunContext:
    """Handed to every phase, in order; a phase fills its part of `evidence` and what later phases need.

    Attributes:
        settings: What was asked for.
        toolchain: Which tools are used.
        commands: Starts every process; its log becomes evidence.
        redactor: Knows the run's secrets.
        journal: Written before anything is created, so that a dead run can be swept.
        evidence: What has been measured so far.
        state_dir: Private folder of this run (0700), removed at its end.
        logs_dir: Log files that the user may look at (`<out>/logs`).
        progress: Prints one line for the user.
        cluster: The cluster; preflight calls its `ensure` before anything else does.
        kube: API access through the private kubeconfig that `ensure` writes.
        deployment: Set by the deploy phase.
        kept: The deployment of an earlier run that this one upgrades; set by preflight.
        background: What goes on between phases (port-forwards); teardown stops it.
        started_s: Start of the run on the monotonic clock.
    """

    settings: Settings
    toolchain: Toolchain
    commands: CommandRunner
    redactor: Redactor
    journal: Journal
    evidence: Evidence
    state_dir: Path
    logs_dir: Path
    progress: Callable[[str], None]
    cluster: Cluster
    kube: Kube
    deployment: Deployment | None = None
    kept: Kept | None = None
    background: list[Background] = field(default_factory=list)
    started_s: float = field(default_factory=time.monotonic)

    @property
    def ledger(self) -> Journal:
        """Where namespace and images are noted, and whose they are: of the run that takes them down."""
        return self.kept.journal if self.kept else self.journal

    def deployed(self) -> Deployment:
        """Return the deployment.

        Raises:
            PhaseError: There is none (a phase that needs it was called before deploy).
        """
        if self.deployment is None:
            raise PhaseError("deploy", "nothing is deployed", "let the deploy phase run first")
        return self.deployment

    def elapsed_s(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.started_s
