"""Measures what the application promises of its speed and its appetite: SC-004, SC-005 and SC-008.

Everything here runs alone: no other request of the gate is under way while a series is taken.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.criteria import sc_004_frontend_load, sc_005_backend_health
from pytest_todo_k8s.criteria.criterion import limit_of
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.evidence import ContainerUsage, Latency, Measure, Sample
from pytest_todo_k8s.flows.visitor import AnswerError
from pytest_todo_k8s.measuring import cgroups, load
from pytest_todo_k8s.measuring.page import Landmark, load_page
from pytest_todo_k8s.measuring.probe_pod import backend_latency
from pytest_todo_k8s.measuring.series import Pace, Series, Timing, take
from pytest_todo_k8s.measuring.usage import (
    Container,
    add_metrics,
    container_usage,
    disagreement,
    running_containers,
)

if TYPE_CHECKING:
    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.tools.command import BackgroundCommand

LANDMARK: Final = Landmark(title="Todo", test_id="landing")
"""What the landing page shows (app/frontend/src/app/page.tsx)."""
PAGE_PACE: Final = Pace(limit_s=sc_004_frontend_load.LIMIT_S, interval_s=0.5, timeout_s=6.0)
HEALTH_PACE: Final = Pace(limit_s=sc_005_backend_health.LIMIT_S, interval_s=0.1, timeout_s=2.0)
APP_SELECTOR: Final = "app in (todo-backend, todo-frontend, todo-postgres)"
_SPARE_READINGS: Final = 5
_SAMPLER_START_S: Final = 15.0
_SAMPLER_END_S: Final = 30.0
_POLL_S: Final = 0.2


def run(context: RunContext) -> None:
    """Fill `evidence.measure`, part by part.

    Raises:
        PhaseError: The probe or the sampler did not work, or the load could not begin.
    """
    measure = Measure()
    context.evidence.measure = measure
    frontend = context.deployed().frontend
    measure.page = load_page(frontend.cluster_url, LANDMARK, PAGE_PACE.timeout_s)
    limit_s = limit_of(context.evidence, sc_004_frontend_load.ROW, PAGE_PACE.limit_s)
    measure.frontend = _page_latency(frontend.local_url, PAGE_PACE.towards(limit_s))
    context.progress(f"measure: {len(measure.frontend.samples)} page loads")
    limit_s = limit_of(context.evidence, sc_005_backend_health.ROW, HEALTH_PACE.limit_s)
    measure.backend = backend_latency(context, HEALTH_PACE.towards(limit_s))
    context.progress(f"measure: {len(measure.backend.samples)} health answers inside the cluster")
    _measure_use(context, measure, frontend.local_url)


def _page_latency(url: str, pace: Pace) -> Latency:
    series = take(lambda: load_page(url, LANDMARK, pace.timeout_s).error, pace)
    return _latency(series, url, "by the NodePort on a loopback address: document and all its files, empty cache")


def _latency(series: Series, target: str, route: str) -> Latency:
    return Latency(
        target=target,
        route=route,
        warmup=[_sample(timing) for timing in series.warmup],
        samples=[_sample(timing) for timing in series.samples],
        calibration_s=series.calibration_s,
    )


def _sample(timing: Timing) -> Sample:
    return Sample(duration_s=timing.duration_s, ok=timing.error is None, error=timing.error)


def _measure_use(context: RunContext, measure: Measure, url: str) -> None:
    """Send the load and read the containers' cgroups meanwhile."""
    pods = context.kube.items(f"/api/v1/namespaces/{context.settings.namespace}/pods", labelSelector=APP_SELECTOR)
    containers = running_containers(pods)
    readings = math.ceil(load.DURATION_S) + _SPARE_READINGS
    start_s, since = context.elapsed_s(), dt.datetime.now(dt.UTC)
    sampler = context.cluster.start_on_node(cgroups.command([each.id for each in containers], readings))
    try:
        _wait_for_first_reading(sampler, len(containers))
        measure.load = load.send(url, context.redactor)
        _wait_for_end(sampler)
    except AnswerError as problem:
        raise PhaseError("measure", f"the load can't begin: {problem}", "see logs/ for the application's own") from None
    finally:
        sampler.stop()
    found = cgroups.parse(sampler.lines)
    usage = [container_usage(each, found.get(each.id, cgroups.Readings()), start_s) for each in containers]
    measure.usage = _with_metrics(context, usage, since)
    measure.usage_source = _source(containers, found)


def _wait_for_first_reading(sampler: BackgroundCommand, containers: int) -> None:
    """Wait until every container was looked up and a first reading is there.

    Raises:
        PhaseError: The sampler ended or stays silent.
    """
    deadline = time.monotonic() + _SAMPLER_START_S
    while time.monotonic() < deadline and sampler.running:
        lines = list(sampler.lines)
        if len(cgroups.parse(lines)) >= containers and any(line.startswith("use ") for line in lines):
            return
        time.sleep(_POLL_S)
    sampler.stop()  # its last lines are all there only once its output is read to the end
    said = " / ".join(list(sampler.lines)[-3:]) or "nothing"
    raise PhaseError("measure", f"the containers' cgroups can't be read on the node; the reader said: {said}"[:500])


def _wait_for_end(sampler: BackgroundCommand) -> None:
    """Let the sampler end by itself, so that nothing of it stays on the node."""
    deadline = time.monotonic() + _SAMPLER_END_S
    while sampler.running and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _with_metrics(context: RunContext, usage: list[ContainerUsage], since: dt.datetime) -> list[ContainerUsage]:
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{context.settings.namespace}/pods"
    try:
        pods: list[dict[str, Any]] = context.kube.items(path)
    except KubeError as error:
        reason = f"metrics.k8s.io does not answer: {error.message}"
        return [each.model_copy(update={"metrics_reason": reason}) for each in usage]
    now = dt.datetime.now(dt.UTC)
    return [add_metrics(each, pods, since, now) for each in usage]


def _source(containers: list[Container], found: dict[str, cgroups.Readings]) -> str:
    """Say where the figures come from, and where a limit is not what the spec says."""
    versions = sorted({f"v{each.version}" for each in found.values() if each.version})
    said = [f"cgroup {' and '.join(versions) or 'files not found'}, read on the node every second"]
    readings = [(each, found.get(each.id, cgroups.Readings())) for each in containers]
    said += [text for each, read in readings if read.version and (text := disagreement(each, read))]
    return "; ".join(said)
