"""The run as a timeline: one lane for each phase, image and pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria import sc_001_build_time, sc_003_pods_ready
from pytest_todo_k8s.criteria.figures import duration
from pytest_todo_k8s.report.blocks import Table
from pytest_todo_k8s.report.graphics import span_bar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.evidence import Evidence, Phase
    from pytest_todo_k8s.measurements import Deploy, Pod
    from pytest_todo_k8s.report.blocks import Cell

_INDENT: Final = "\N{EM SPACE}"
"""Before the name of a lane that belongs to the phase above it."""


def timeline(evidence: Evidence) -> Table | None:
    """Make the timeline, or None when no phase was begun; a tick shows where the limit of build and deploy ends."""
    if not evidence.phases:
        return None
    total_s = max(phase.start_s + phase.duration_s for phase in evidence.phases) or 1.0
    rows: list[tuple[Cell, ...]] = []
    for phase in evidence.phases:
        rows.append(_phase_row(phase, evidence, total_s))
        if phase.name == "build":
            rows += _image_rows(evidence, total_s)
        if phase.name == "deploy" and evidence.deploy:
            rows += _pod_rows(evidence.deploy, total_s)
    return Table(
        caption=f"Timeline, {duration(total_s)} from left to right; a tick is the end of a limit",
        head=("Step", "Start", "Took", "When"),
        rows=tuple(rows),
        figures=(1, 2),
    )


def _phase_row(phase: Phase, evidence: Evidence, total_s: float) -> tuple[Cell, ...]:
    tick_s = _limit_end(phase, evidence)
    took = duration(phase.duration_s)
    label = f"{phase.name}: from {phase.start_s:.1f} s, {took}" + (f", limit at {tick_s:.0f} s" if tick_s else "")
    tone = "phase" if phase.ok else "fail"
    bar = span_bar([(phase.start_s, phase.start_s + phase.duration_s, tone)], total_s, tick_s, label)
    return (phase.name if phase.ok else f"{phase.name} (failed)", f"{phase.start_s:.1f} s", took, bar)


def _limit_end(phase: Phase, evidence: Evidence) -> float | None:
    if phase.name == "build":
        starts = [image.start_s for image in evidence.build.images if image.judged] if evidence.build else []
        return min(starts, default=phase.start_s) + sc_001_build_time.LIMIT_S
    if phase.name == "deploy" and evidence.deploy:
        return evidence.deploy.start_s + sc_003_pods_ready.LIMIT_S
    return None


def _image_rows(evidence: Evidence, total_s: float) -> Iterator[tuple[Cell, ...]]:
    for image in evidence.build.images if evidence.build else []:
        name = f"image {image.name}" + ("" if image.judged else " (not judged)")
        end_s = image.start_s + image.duration_s
        label = f"{name}: from {image.start_s:.1f} s, {duration(image.duration_s)}"
        bar = span_bar([(image.start_s, end_s, "part")], total_s, None, label)
        yield (_INDENT + name, f"{image.start_s:.1f} s", duration(image.duration_s), bar)


def _pod_rows(deploy: Deploy, total_s: float) -> Iterator[tuple[Cell, ...]]:
    """Yield helm's own lane and one per pod: the lighter part until it runs, the darker one until it is ready."""
    bar = span_bar(
        [(deploy.start_s, deploy.start_s + deploy.helm_s, "part")], total_s, None, f"helm: {duration(deploy.helm_s)}"
    )
    yield (_INDENT + "helm", f"{deploy.start_s:.1f} s", duration(deploy.helm_s), bar)
    for pod in deploy.pods:
        yield _pod_row(pod, deploy.start_s, total_s)


def _pod_row(pod: Pod, start_s: float, total_s: float) -> tuple[Cell, ...]:
    end_s = pod.finished_s if pod.finished_s is not None else pod.ready_s
    if end_s is None:
        bar = span_bar([], total_s, None, f"pod {pod.name}: never ready")
        return (f"{_INDENT}pod {pod.name}", f"{start_s:.1f} s", "never ready", bar)
    running_s = min(pod.running_s if pod.running_s is not None else end_s, end_s)
    spans = [(start_s, start_s + running_s, "waiting"), (start_s + running_s, start_s + end_s, "part")]
    label = f"pod {pod.name}: running after {duration(running_s)}, ready after {duration(end_s)}"
    return (f"{_INDENT}pod {pod.name}", f"{start_s:.1f} s", duration(end_s), span_bar(spans, total_s, None, label))
