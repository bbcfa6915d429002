"""What the analysers find, as it stands in evidence. No criterion depends on any of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pytest_todo_k8s.model import Model


class RuleResult(Model):
    """One rule on one file or object.

    `ok` is None where it could not be asked; `accepted` is the reason for which it is deliberately not kept.
    """

    rule: str
    ok: bool | None
    detail: str = ""
    accepted: str = ""

    @property
    def objection(self) -> bool:
        """Whether it speaks against the file or object."""
        return self.ok is False and not self.accepted


class Advice(Model):
    """One thing worth doing, with the bytes it is expected to save (decimal; None: it saves none)."""

    text: str
    saving_bytes: int | None = None


class Portion(Model):
    """A part of an image and its unpacked bytes."""

    name: str
    size_bytes: int


class ImageAnalysis(Model):
    """One Dockerfile and the image built from it, where there is one; lists are ranked, largest first."""

    image: str
    dockerfile: str
    rules: list[RuleResult] = Field(default_factory=list)
    size_bytes: int | None = None
    layers: list[Portion] = Field(default_factory=list)
    packages: list[Portion] = Field(default_factory=list)
    advice: list[Advice] = Field(default_factory=list)


class ManifestAnalysis(Model):
    """One object that the chart renders, beside the wording of the task that asked for it."""

    task: str
    object: str
    wording: str
    rules: list[RuleResult] = Field(default_factory=list)
    sha256: str = Field(default="", description="of the proposed YAML")


class WorkloadHealth(Model):
    """One workload: pods that are Ready (of a Job: that succeeded) of those it should have."""

    name: str
    wanted: int
    ready: int
    current: bool = Field(description="its controller has seen the newest generation")
    conditions: list[str] = Field(default_factory=list, description="those that are not as they should be")


class PodHealth(Model):
    """One pod; `start_to_ready_s` is by the cluster's clock, in whole seconds."""

    name: str
    phase: str
    ready: bool
    restarts: int
    waiting: list[str] = Field(default_factory=list)
    last_end: list[str] = Field(default_factory=list, description="how containers ended the last time")
    start_to_ready_s: float | None = None


class Finding(Model):
    """One thing that is wrong: whose it is, Kubernetes' reason, the cause, and the next step."""

    about: str
    reason: str
    cause: str
    next_step: str


class HealthReport(Model):
    """The state of a namespace at one moment; `source` is `builtin` or the assistant whose summary it is."""

    namespace: str
    source: str = "builtin"
    at: str
    healthy: bool
    workloads: list[WorkloadHealth] = Field(default_factory=list)
    pods: list[PodHealth] = Field(default_factory=list)
    idle_services: list[str] = Field(default_factory=list, description="services without a ready endpoint")
    warnings: list[str] = Field(default_factory=list, description="events that are not Normal")
    log_lines: int = 0
    bad_lines: list[str] = Field(default_factory=list)
    findings: list[Finding] = Field(default_factory=list)
    text: str = Field(default="", description="an assistant's own words")


class Utilisation(Model):
    """Use of one container over one window; CPU values are of 5 s windows."""

    app: str
    pod: str
    container: str
    window: Literal["idle", "load"]
    seconds: float
    cpu_p95_cores: float
    cpu_peak_cores: float
    memory_p95_bytes: int
    memory_peak_bytes: int
    cpu_request_cores: float | None = None
    cpu_limit_cores: float | None = None
    memory_request_bytes: int | None = None
    memory_limit_bytes: int | None = None


class Recommendation(Model):
    """One figure for the chart's values, with where it comes from."""

    part: str = Field(description="part of the chart's values, such as `backend`")
    kind: Literal["requests", "limits"]
    resource: Literal["cpu", "memory"]
    now: str | None
    proposed: str
    reason: str


class ProposalSummary(Model):
    """What became of one question to an assistant; the whole of it is kept below `ai/` of the output folder."""

    tool: str
    subject: str
    target: str
    status: str
    allowed: bool
    violations: list[str] = Field(default_factory=list)
    sha256: str = ""
    text: str = ""


class Analysis(Model):
    """All analysers' results of one run; what an analyser could not do stands in `notes`."""

    duration_s: float = 0.0
    images: list[ImageAnalysis] = Field(default_factory=list)
    manifests: list[ManifestAnalysis] = Field(default_factory=list)
    health: HealthReport | None = None
    utilisation: list[Utilisation] = Field(default_factory=list)
    recommendations: list[Recommendation] = Field(default_factory=list)
    proposals: list[ProposalSummary] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
