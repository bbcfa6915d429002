"""The schema of `evidence.json`: everything a run measured, in the order in which it was measured.

Units stand in the names (`_s` seconds, `_bytes`, `_cores`). Times named `start_s` are monotonic seconds since the run
began. A value that could not be measured is None, with the reason beside it; it is never a zero.
"""

from __future__ import annotations

import json
import os
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from pydantic import ConfigDict, Field, ValidationError

from pytest_todo_k8s.analysis.results import Analysis  # noqa: TC001  pydantic reads annotations at run time
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.model import Model

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: Final = "todo-k8s-evidence/1.0"
PhaseName = Literal["preflight", "build", "load", "deploy", "settle", "measure", "exercise", "parity", "teardown"]
PHASES: Final[tuple[PhaseName, ...]] = (
    "preflight",
    "build",
    "load",
    "deploy",
    "settle",
    "measure",
    "exercise",
    "parity",
    "teardown",
)


CONTROL: Final = "control"
"""First word of the name of a check that tries what must be refused; if it is accepted, the others prove nothing."""


class Verdict(StrEnum):
    """Outcome of a criterion or of one of its parts, worst last."""

    PASS = "PASS"  # noqa: S105  a verdict
    BORDERLINE = "BORDERLINE"
    NOT_RUN = "NOT RUN"
    INCOMPLETE = "INCOMPLETE"
    BLOCKED = "BLOCKED"
    CRASHED = "CRASHED"
    FAIL = "FAIL"


class Run(Model):
    """Identity of the run."""

    id: str
    started_at: str
    duration_s: float | None = None
    commit: str | None = None
    dirty: bool | None = None
    namespace: str
    cluster: str
    partial: bool = False
    partial_reason: str | None = None
    workers: int = 0
    limits: dict[str, float] = Field(default_factory=dict, description="by row, those other than promised")
    only: list[str] = Field(default_factory=list, description="criteria asked for; none: all")
    strict: bool = Field(default=False, description="whether BORDERLINE fails")
    status: int | None = None
    interrupted: bool = False


class Phase(Model):
    """One phase that was begun."""

    name: PhaseName
    start_s: float
    duration_s: float
    ok: bool
    cause: str | None = None
    hint: str | None = None


class Command(Model):
    """One command that was run (redacted)."""

    phase: PhaseName
    argv: list[str]
    start_s: float
    duration_s: float
    exit_code: int
    timed_out: bool = False
    prompt: str | None = Field(default=None, description="what looked like a question, if anything did")


class Machine(Model):
    """What the run ran on; part of the fingerprint that makes runs comparable."""

    provider: str
    context: str
    node_ip: str | None = None
    kubernetes: str
    runtime: str
    node_os: str
    nodes: int
    cpus: int
    memory_bytes: int
    cgroup_version: int | None = None
    tools: dict[str, str] = Field(default_factory=dict)


class BuildStep(Model):
    """One step of an image build."""

    name: str
    duration_s: float
    cached: bool = False


class ImageLayer(Model):
    """One layer of an image: the instruction that made it and the bytes of the files it brings."""

    instruction: str
    size_bytes: int


class ImagePackage(Model):
    """One installed package, or one file that belongs to none."""

    name: str
    version: str | None = None
    part: str
    size_bytes: int


IMAGE_PARTS: Final = ("base", "runtime", "packages", "application")
"""What an image is made of, from the bottom up."""


class ImageContents(Model):
    """Where an image's bytes are; largest first.

    `parts` are the bytes of base, runtime, packages and application; `hidden_bytes` lie in a layer and are replaced or
    removed by a later one.
    """

    layers: list[ImageLayer]
    parts: dict[str, int]
    packages: list[ImagePackage]
    files: list[ImagePackage] = Field(description="the largest files that no package brought")
    hidden_bytes: int


class ImageBuild(Model):
    """One image as built and as measured in the engine."""

    name: str
    judged: bool
    reference: str
    image_id: str
    start_s: float
    duration_s: float
    no_cache: bool
    size_bytes: int | None
    history_bytes: int | None
    store: str
    bases: dict[str, str] = Field(default_factory=dict)
    steps: list[BuildStep] = Field(default_factory=list)
    contents: ImageContents | None = None


class Build(Model):
    """The build phase: `wall_s` from the first build command's start to the last one's end, judged images only."""

    wall_s: float
    images: list[ImageBuild]


class ImageLoad(Model):
    """One image brought to the node; `node_image_id` was read there afterwards."""

    reference: str
    image_id: str
    node_image_id: str | None
    route: str
    duration_s: float
    skipped: bool = False
    node_size_bytes: int | None = None


class Pod(Model):
    """One pod's way to Ready; `*_s` are monotonic seconds since the start of `helm` (None: not seen)."""

    name: str
    app: str
    node: str | None = None
    running_s: float | None = None
    ready_s: float | None = None
    finished_s: float | None = Field(default=None, description="a Job's pod that succeeded")
    conditions: dict[str, str] = Field(
        default_factory=dict, description="condition type to its transition time (node clock)"
    )
    restarts: int = 0
    image_ids: dict[str, str] = Field(default_factory=dict)


class LogHit(Model):
    """One log line at a level that must not occur, with its neighbours."""

    line: str
    level: str
    context: list[str] = Field(default_factory=list)
    ruling: str | None = Field(default=None, description="what an entry of the allow-list says of it")


class ContainerLog(Model):
    """One container's log from its start to the end of the settle window."""

    pod: str
    container: str
    kind: Literal["container", "init", "previous"]
    lines: int
    levels: dict[str, int] = Field(default_factory=dict)
    unparsed: int = 0
    hits: list[LogHit] = Field(default_factory=list)
    allowed: list[LogHit] = Field(default_factory=list)
    file: str | None = Field(default=None, description="path below the output folder")


class WarningEvent(Model):
    """One Kubernetes event of type Warning in the namespace."""

    object: str
    reason: str
    message: str
    count: int
    after_ready: bool
    allowed: bool = False
    ruling: str | None = Field(default=None, description="what an entry of the allow-list says of it")


class Trouble(Model):
    """One thing that kept a workload from coming up; `code` is a key of `cluster.causes.CAUSES`."""

    about: str
    code: str
    cause: str
    remedy: str
    after_s: float = Field(description="when it was told, since the start of `helm`")


class Deploy(Model):
    """The deploy phase: `ready_s` is the moment the last pod was Running and Ready, since the start of `helm`.

    Where it is None, `troubles` tell why, and `logs` and `events` hold what pods and cluster said until then.
    """

    release: str
    revision: int
    chart: str
    namespace_uid: str
    start_s: float
    helm_s: float
    ready_s: float | None
    pods: list[Pod] = Field(default_factory=list)
    troubles: list[Trouble] = Field(default_factory=list)
    logs: list[ContainerLog] = Field(default_factory=list)
    events: list[WarningEvent] = Field(default_factory=list)


class Settle(Model):
    """The settle phase: what happened from the start to `window_s` seconds after the last pod was Ready."""

    window_s: float
    logs: list[ContainerLog] = Field(default_factory=list)
    events: list[WarningEvent] = Field(default_factory=list)
    allowances: list[str] = Field(
        default_factory=list, description="entries of the allow-list, and how often each was used"
    )
    unready: list[str] = Field(default_factory=list, description="pods that were Ready and then were not")
    restarts: dict[str, int] = Field(default_factory=dict)


class Sample(Model):
    """One timed request: `ok` only with the right status and the right content."""

    duration_s: float
    ok: bool
    error: str | None = None


class Latency(Model):
    """A latency series under the sequential sampling rule; `calibration_s` are no-op timings before and after."""

    target: str
    route: str
    warmup: list[Sample] = Field(default_factory=list)
    samples: list[Sample] = Field(default_factory=list)
    calibration_s: list[float] = Field(default_factory=list)
    beside: dict[str, float | str | None] = Field(default_factory=dict, description="shown, not judged")


class PageAsset(Model):
    """One same-origin file that the page names."""

    path: str
    status: int | None
    size_bytes: int
    duration_s: float
    error: str | None = None


class Page(Model):
    """The frontend's page as first fetched through the cluster's own address."""

    url: str
    status: int | None
    title: str | None
    element: str
    element_found: bool
    assets: list[PageAsset] = Field(default_factory=list)
    error: str | None = None


class UsageSample(Model):
    """One reading of a container's cgroup: cumulative CPU seconds and the working set."""

    at_s: float
    cpu_s: float
    working_set_bytes: int
    throttled_periods: int | None = None
    periods: int | None = None


class MetricsSample(Model):
    """What metrics.k8s.io said of a container, with the age that makes it comparable or not."""

    timestamp: str
    window_s: float
    age_s: float
    at_s: float | None = Field(default=None, description="of the sample, on the clock of the readings")
    cpu_cores: float
    memory_bytes: int


class ContainerUsage(Model):
    """One container's use against its limits during the load."""

    pod: str
    app: str
    container: str
    cpu_limit_cores: float | None
    memory_limit_bytes: int | None
    samples: list[UsageSample] = Field(default_factory=list)
    metrics_api: MetricsSample | None = None
    metrics_reason: str | None = None


class Load(Model):
    """The declared load during which use was sampled; open loop."""

    target: str
    rate_per_s: float
    duration_s: float
    requests: int
    errors: int


class Measure(Model):
    """The measure phase."""

    page: Page | None = None
    frontend: Latency | None = None
    backend: Latency | None = None
    load: Load | None = None
    usage: list[ContainerUsage] = Field(default_factory=list)
    usage_source: str | None = None


class Check(Model):
    """One yes-or-no check with what it saw."""

    name: str
    ok: bool
    detail: str = ""
    command: str | None = None


class Manifests(Model):
    """Static and server-side checks of the chart (SC-009)."""

    checks: list[Check] = Field(default_factory=list)
    rendered: list[str] = Field(default_factory=list, description="Kind/name of every object of the release")
    foreign: list[str] = Field(default_factory=list, description="live objects that are in no template")
    changed: list[str] = Field(default_factory=list, description="live objects that are not what the release says")


class FlowStep(Model):
    """One step of the end-to-end flow."""

    name: str
    ok: bool
    start_s: float
    duration_s: float
    detail: str = ""


class Exercise(Model):
    """The exercise phase: the flow through the frontend and the row read back from PostgreSQL."""

    steps: list[FlowStep] = Field(default_factory=list)
    row_found: bool | None = None
    row_detail: str | None = None


class Difference(Model):
    """One difference between the plain application and the one in the cluster, after normalising."""

    request: str
    where: str
    plain: str
    cluster: str


class Parity(Model):
    """The parity phase."""

    requests: int = 0
    generated: int = Field(default=0, description="requests among them that chance made")
    seed: int | None = Field(default=None, description="of the chance; the same one gives the same requests")
    operations: list[str] = Field(default_factory=list, description="of the API document")
    unasked: list[str] = Field(default_factory=list, description="operations that no request was made for")
    rows: int = Field(default=0, description="rows of the plain database that were compared")
    skipped: str | None = Field(default=None, description="why it was not run, if it was not")
    normalised: list[str] = Field(default_factory=list)
    differences: list[Difference] = Field(default_factory=list)


class Part(Model):
    """One part of a criterion."""

    name: str
    verdict: Verdict
    measured: float | None
    unit: str
    limit: float | None
    reason: str


class CriterionResult(Model):
    """A criterion's verdict as judged from the evidence above."""

    id: str
    title: str
    verdict: Verdict
    measured: float | None
    unit: str
    limit: float | None
    parts: list[Part] = Field(default_factory=list)
    reason: str


class Cleanup(Model):
    """Proof of what the run took down."""

    namespace: str
    uid: str | None
    gone_after_s: float | None
    leftovers: list[str] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)
    kept: str | None = Field(default=None, description="until when the deployment stays, and what takes it down")
    swept: list[str] = Field(default_factory=list, description="leftovers of dead runs removed at the start")

    @property
    def ok(self) -> bool:
        """Whether nothing was left."""
        return not self.leftovers


class Evidence(Model):
    """All of it."""

    schema_: str = Field(default=SCHEMA, alias="schema", serialization_alias="schema")
    run: Run
    machine: Machine | None = None
    phases: list[Phase] = Field(default_factory=list)
    commands: list[Command] = Field(default_factory=list)
    build: Build | None = None
    loads: list[ImageLoad] = Field(default_factory=list)
    manifests: Manifests | None = None
    deploy: Deploy | None = None
    settle: Settle | None = None
    measure: Measure | None = None
    exercise: Exercise | None = None
    parity: Parity | None = None
    analysis: Analysis | None = None
    criteria: list[CriterionResult] = Field(default_factory=list)
    tests: dict[str, str] = Field(default_factory=dict, description="test id to passed, failed, skipped or error")
    cleanup: Cleanup | None = None

    model_config = ConfigDict(extra="forbid", validate_assignment=True, allow_inf_nan=False, populate_by_name=True)

    def failed_phase(self) -> Phase | None:
        """Return the phase that stopped the run, if one did (teardown does not count)."""
        return next((phase for phase in self.phases if not phase.ok and phase.name != "teardown"), None)

    def save(self, file: Path) -> None:
        """Write to `file` aside and rename, so that a reader never sees half of it; keys sorted, no NaN."""
        content = json.dumps(self.model_dump(mode="json", by_alias=True), indent=1, sort_keys=True, allow_nan=False)
        aside = file.with_name(f".{file.name}.{os.getpid()}")
        aside.write_text(content + "\n", encoding="utf-8")
        aside.replace(file)

    @classmethod
    def load(cls, file: Path) -> Evidence:
        """Read a stored file.

        Raises:
            ConfigError: It is not there, not JSON, or of another schema.
        """
        hint = "name an evidence.json that a run wrote"
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file} can't be read: {getattr(error, 'strerror', error)}", hint) from None
        _check_schema(text, file)
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the file"
            raise ConfigError(f"{file} is not evidence of schema {SCHEMA}: {where}: {first['msg']}") from None


def _check_schema(text: str, file: Path) -> None:
    """Refuse evidence whose shape a newer version has changed; what is of no schema at all is told by validation.

    Raises:
        ConfigError: Its major version is newer than ours.
    """
    found = re.search(r'"schema":\s*"todo-k8s-evidence/(\d+)\.', text)
    ours = SCHEMA.partition("/")[2].partition(".")[0]
    if found and int(found[1]) > int(ours):
        raise ConfigError(
            f"{file} is of schema version {found[1]}, this version of pytest-todo-k8s reads up to {ours}",
            "judge it with the version that wrote it, or a newer one",
        )
