"""Measures what the application promises of its speed and its appetite: SC-004, SC-005 and SC-008.

Everything here runs alone: no other request of the gate is under way while a series is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.browsing.browser import BrowserError, ask
from pytest_todo_k8s.criteria import (
    sc_004_frontend_load,
    sc_005_backend_health,
    sc_008_utilisation,
    sc_010_no_manual_step,
)
from pytest_todo_k8s.criteria.criterion import limit_of, row_name
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.flows.visitor import AnswerError
from pytest_todo_k8s.measurements import Latency, Measure, Paint, Sample
from pytest_todo_k8s.measuring import load
from pytest_todo_k8s.measuring.page import Landmark, load_page
from pytest_todo_k8s.measuring.probe_pod import backend_latency
from pytest_todo_k8s.measuring.series import Pace, Series, Timing, take
from pytest_todo_k8s.measuring.window import Place, observe

if TYPE_CHECKING:
    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.criteria.criterion import Criterion

PAGE_PACE: Final = Pace(limit_s=sc_004_frontend_load.LIMIT_S, interval_s=0.5, timeout_s=6.0)
PAINT_TIMEOUT_S: Final = 10.0
"""Longest wait for one page in the browser."""
PAINT_LIMIT_S: Final = 120.0
"""Seconds after which the browser is ended; all its loads take ten."""
HEALTH_PACE: Final = Pace(limit_s=sc_005_backend_health.LIMIT_S, interval_s=0.1, timeout_s=2.0)


def run(context: RunContext) -> None:
    """Fill `evidence.measure`, part by part; what no criterion asks for is not measured.

    Raises:
        PhaseError: The probe or the sampler did not work, or the load could not begin.
    """
    measure = Measure()
    context.evidence.measure = measure
    frontend = context.deployed().frontend
    if _asked(context, sc_004_frontend_load.CRITERION):
        landmark = _landmark(context)
        measure.page = load_page(frontend.cluster_url, landmark, PAGE_PACE.timeout_s)
        limit_s = limit_of(context.evidence, sc_004_frontend_load.ROW, PAGE_PACE.limit_s)
        measure.frontend = _page_latency(frontend.local_url, landmark, PAGE_PACE.towards(limit_s))
        context.progress(f"measure: {len(measure.frontend.samples)} page loads")
        measure.paint = _first_paint(context, frontend.local_url, landmark)
    health = context.settings.application.backend.health
    if health and _asked(context, sc_005_backend_health.CRITERION):
        limit_s = limit_of(context.evidence, sc_005_backend_health.ROW, HEALTH_PACE.limit_s)
        measure.backend = backend_latency(context, health, HEALTH_PACE.towards(limit_s))
        context.progress(f"measure: {len(measure.backend.samples)} health answers inside the cluster")
    if _asked(context, sc_008_utilisation.CRITERION):
        _measure_use(context, measure, frontend.local_url)


def _asked(context: RunContext, criterion: Criterion) -> bool:
    """Whether a criterion is asked for, and any part of it set up; SC-010 judges the whole run, so it asks for all."""
    only = context.settings.only
    if all(row_name(criterion.id, part) in context.evidence.run.unset for part in criterion.parts):
        return False
    return not only or criterion.id in only or sc_010_no_manual_step.CRITERION.id in only


def _landmark(context: RunContext) -> Landmark:
    frontend = context.settings.application.frontend
    return Landmark(title=frontend.title, test_id=frontend.element)


def _page_latency(url: str, landmark: Landmark, pace: Pace) -> Latency:
    series = take(lambda: load_page(url, landmark, pace.timeout_s).error, pace)
    return _latency(series, url, "by the NodePort on a loopback address: document and all its files, empty cache", pace)


def _first_paint(context: RunContext, url: str, landmark: Landmark) -> Paint:
    paint = Paint(url=url)
    request = {
        "url": url,
        "test_id": landmark.test_id,
        "loads": sc_004_frontend_load.FEWEST_PAINTS,
        "timeout_s": PAINT_TIMEOUT_S,
    }
    try:
        seen = ask(context, "paint", request, timeout_s=PAINT_LIMIT_S)
    except BrowserError as problem:
        paint.error = str(problem)
        return paint
    paint.browser = next((each["browser"] for each in seen if "browser" in each), None)
    paint.samples_s = [each["paint_s"] for each in seen if "paint_s" in each]
    paint.failed = [each["error"] for each in seen if "error" in each]
    return paint


def _latency(series: Series, target: str, route: str, pace: Pace) -> Latency:
    return Latency(
        target=target,
        route=route,
        warmup=[_sample(timing) for timing in series.warmup],
        samples=[_sample(timing) for timing in series.samples],
        calibration_s=series.calibration_s,
        beside=dict(pace.rates(len(series.samples), series.sampling_s)),
    )


def _sample(timing: Timing) -> Sample:
    return Sample(duration_s=timing.duration_s, ok=timing.error is None, error=timing.error)


def _measure_use(context: RunContext, measure: Measure, url: str) -> None:
    """Send the load and read the containers' cgroups meanwhile."""
    settings = context.settings

    def send() -> None:
        measure.load = load.send(url, settings.application, context.redactor, settings.load)

    try:
        window = observe(Place.of(context), settings.load.duration_s, send)
    except AnswerError as problem:
        raise PhaseError("measure", f"the load can't begin: {problem}", "see logs/ for the application's own") from None
    measure.usage = window.usages
    measure.usage_source = window.source
