"""What the phases of a run measure: the middle of `evidence.json`, in the order in which it is measured.

Units stand in the names (`_s` seconds, `_bytes`, `_cores`). Times named `start_s` are monotonic seconds since the run
began. A value that could not be measured is None, with the reason beside it; it is never a zero.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from pytest_todo_k8s.model import Model

CONTROL: Final = "control"
"""First word of the name of a check that tries what must be refused; if it is accepted, the others prove nothing."""


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
    warm_s: float | None = Field(default=None, description="a build of the same again, with the build cache")
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
    idle: list[ContainerUsage] = Field(default_factory=list, description="use while nothing was asked of them")
    idle_reason: str | None = Field(default=None, description="why it was not read")


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
    title_wanted: str = Field(default="Todo", description="what must occur in the title")
    element: str
    element_found: bool
    assets: list[PageAsset] = Field(default_factory=list)
    error: str | None = None


class Paint(Model):
    """First contentful paints of the frontend's page in a real browser, each with an empty cache."""

    url: str
    browser: str | None = None
    samples_s: list[float] = Field(default_factory=list)
    failed: list[str] = Field(default_factory=list, description="loads that did not show the known element, and why")
    error: str | None = Field(default=None, description="why the browser did not do its work")


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
    """One container's use over a window, its limits and its requests (None: none)."""

    pod: str
    app: str
    container: str
    cpu_limit_cores: float | None
    memory_limit_bytes: int | None
    cpu_request_cores: float | None = None
    memory_request_bytes: int | None = None
    samples: list[UsageSample] = Field(default_factory=list)
    samples_reason: str | None = Field(default=None, description="why there are none, or not all")
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
    paint: Paint | None = None
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


class Walk(Model):
    """The user's way in a real browser."""

    browser: str | None = None
    steps: list[FlowStep] = Field(default_factory=list)
    problems: list[str] = Field(default_factory=list, description="of the console, and answers of status 500 and more")
    picture: str | None = Field(default=None, description="what the user saw, path below the output folder")
    error: str | None = Field(default=None, description="why the browser did not do its work")

    @property
    def done(self) -> bool:
        """Whether it came to its end."""
        return not self.error and bool(self.steps) and all(step.ok for step in self.steps)


class Exercise(Model):
    """The exercise phase: the flow through the frontend, by HTTP and in a browser, and the rows in PostgreSQL."""

    built_in: bool = Field(default=True, description="whether the flow is this project's own, not one of the settings")
    steps: list[FlowStep] = Field(default_factory=list)
    walk: Walk | None = None
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

    built_in: bool = Field(default=True, description="whether the requests are the gate's, not the project's own")
    requests: int = 0
    generated: int = Field(default=0, description="requests among them that chance made")
    seed: int | None = Field(default=None, description="of the chance; the same one gives the same requests")
    operations: list[str] = Field(default_factory=list, description="of the API document")
    unasked: list[str] = Field(default_factory=list, description="operations that no request was made for")
    rows: int = Field(default=0, description="rows of the plain database that were compared")
    steps: int = Field(default=0, description="steps of the user's way in a browser that were compared")
    unwalked: str | None = Field(default=None, description="why that way was not compared, if it was not")
    skipped: str | None = Field(default=None, description="why it was not run, if it was not")
    normalised: list[str] = Field(default_factory=list)
    differences: list[Difference] = Field(default_factory=list)
