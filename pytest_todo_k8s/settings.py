"""What a run is asked to do: one frozen value, made from the options by `pytest_todo_k8s.options`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from pytest_todo_k8s.application import BACKEND, DATABASE, FRONTEND, MODEL, TODO_CHATBOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_todo_k8s.allowances import Allowed
    from pytest_todo_k8s.application import Application
    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.tools.redaction import Secret

AUTO: Final = "auto"
"""In place of a namespace's name: one of the run's own."""
NO_CLUSTER: Final = "none"
"""The provider that is none: nothing but the chart's files is looked at."""
TTL_S: Final = 4 * 3600
"""Seconds after which a run is dead whatever its process does; the longest good run takes a fraction of it."""
Keep = Literal["never", "failed", "always"]


@dataclass(frozen=True, slots=True)
class ImageSource:
    """One image of the application.

    Attributes:
        name: `backend`, `frontend`, `postgres`, `gemini-emulator`.
        dockerfile: The Dockerfile; its `.dockerignore` stands beside it.
        context: The build context's folder.
        judged: Whether SC-001 and SC-002 judge it (database and emulator are dependencies, not the application).
        port: The port that its program listens on; None: not known.
        arguments: Build arguments of the application's settings.
    """

    name: str
    dockerfile: Path
    context: Path
    judged: bool
    port: int | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)

    @property
    def repository(self) -> str:
        """Repository part of the image's reference."""
        return f"todo-{self.name}"


@dataclass(frozen=True, slots=True)
class ClusterChoice:
    """Which cluster `--todo-cluster` names.

    Attributes:
        provider: `minikube`, `kind`, `context`, or `NO_CLUSTER`.
        name: The Minikube profile, the kind cluster, or the kubeconfig context.
    """

    provider: str
    name: str


@dataclass(frozen=True, slots=True)
class LoadShape:
    """How much is asked of the frontend while the containers' use is read (SC-008).

    Attributes:
        rate_per_s: Requests a second.
        duration_s: Seconds.
    """

    rate_per_s: float = 10.0
    duration_s: float = 60.0

    @property
    def lighter(self) -> bool:
        """Whether it asks for less than the promise is judged by."""
        promised = LoadShape()
        return self.rate_per_s < promised.rate_per_s or self.duration_s < promised.duration_s

    def __str__(self) -> str:
        return f"{self.rate_per_s:g} requests a second for {self.duration_s:g} s"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a run is told.

    Attributes:
        root: The project's folder; everything of the application is below it.
        cluster: Where to deploy.
        namespace: The namespace of this run, which must not exist before (but see `reuse`); `AUTO` until the run has an
            id to name it by.
        out: Folder for report, evidence and logs.
        database_url: An external PostgreSQL, or None for the one in the cluster.
        model_key: A key of the real Gemini API, or None for the emulator in the cluster.
        environment: The caller's environment; the process's own is never changed.
        registry: Where images go for a cluster named by its context: `HOST[:PORT][/PATH]`.
        load: The load under which SC-008 is judged.
        limits: Row name (`SC-008-backend-cpu`) to the limit that counts in place of the promised one.
        only: Ids of the criteria asked for; none: all.
        strict: Whether BORDERLINE fails.
        keep: When the deployment stays after the run.
        reuse: Whether a kept deployment that is in the namespace is upgraded; the deployment stays in any case.
        timeout_s: Seconds that all phases together may take; None: as long as they need.
        plan: Only say what would be done.
        stored: Evidence of a run that is over, to be judged again in place of a run; None: make a run.
        seed: Of the requests that chance makes; None: another one each time.
        allowed: Bad log lines and Warning events that are expected (pyproject.toml).
        tasks: Whether the task list is printed at the end.
        values: Values files for Helm beside the chart's own, the last one wins.
        assistants: Names of the assistants that are asked after measuring.
        application: What is built, deployed and judged.
    """

    root: Path
    cluster: ClusterChoice
    namespace: str
    out: Path
    database_url: Secret | None
    model_key: Secret | None
    environment: Mapping[str, str]
    registry: str | None = None
    load: LoadShape = LoadShape()
    limits: Mapping[str, float] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    strict: bool = False
    keep: Keep = "never"
    reuse: bool = False
    timeout_s: float | None = None
    plan: bool = False
    stored: Evidence | None = None
    seed: int | None = None
    allowed: tuple[Allowed, ...] = ()
    tasks: bool = False
    values: tuple[Path, ...] = ()
    assistants: tuple[str, ...] = ()
    application: Application = TODO_CHATBOT

    @property
    def chart(self) -> Path:
        """Folder of the Helm chart."""
        return self.root / self.application.chart

    @property
    def images(self) -> tuple[ImageSource, ...]:
        """The images a run builds, in build order; database and emulator only where they run in the cluster."""
        elsewhere = {DATABASE: self.database_url, MODEL: self.model_key}
        return tuple(
            ImageSource(
                name=name,
                dockerfile=self.root / image.dockerfile,
                context=self.root / image.context,
                judged=name in {BACKEND, FRONTEND},
                port=image.port,
                arguments=image.arguments,
            )
            for name, image in self.application.images.items()
            if elsewhere.get(name) is None
        )
