"""Lets the application stand for a while after it became Ready, then reads what it said and what became of it.

Nothing is asked of it meanwhile but by its probes, so the end of that time also tells what it uses when idle.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.allowances import Allowances
from pytest_todo_k8s.cluster import events, pod_logs
from pytest_todo_k8s.cluster.rollout import condition, is_ready, restarts
from pytest_todo_k8s.criteria.sc_007_clean_logs import WINDOW_S
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measurements import Settle
from pytest_todo_k8s.measuring.window import SPARE_READINGS, Place, observe
from pytest_todo_k8s.phases import manifests
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.measurements import ContainerUsage, Deploy, WarningEvent

IDLE_S: Final = 20.0
"""Seconds over which the use of CPU and memory is read."""
_READER_S: Final = 2.0
"""What the reader takes to begin."""


def run(context: RunContext) -> None:
    """Watch the pods to the end of the window, then read logs, events, restarts and the live objects.

    Raises:
        TodoK8sError: Nothing is deployed, or the API fails.
    """
    deploy = context.evidence.deploy
    if deploy is None or deploy.ready_s is None:
        raise PhaseError("settle", "nothing is deployed", "let the deploy phase run first")
    namespace, kube = context.settings.namespace, context.kube
    ready_at_s = context.started_s + deploy.start_s + deploy.ready_s
    serving = {pod.name for pod in deploy.pods if pod.ready_s is not None}
    left, idle, idle_reason = _stand(context, ready_at_s + WINDOW_S, serving)
    pods = kube.items(f"/api/v1/namespaces/{namespace}/pods")
    if context.kept:  # what is left of Jobs of the revisions before is no part of this start-up
        pods = [pod for pod in pods if _is_of(deploy, pod["metadata"]["name"])]
    window_s = time.monotonic() - ready_at_s
    expected = Allowances(context.settings.allowed)
    folder = context.logs_dir / "pods"
    context.evidence.settle = Settle(
        window_s=window_s,
        logs=pod_logs.collect(kube, namespace, pods, folder, context.redactor, allowances=expected),
        events=_warnings(context, deploy, expected),
        allowances=expected.listed(),
        unready=sorted(left | _changed(pods, deploy)),
        restarts={pod["metadata"]["name"]: restarts(pod) for pod in pods},
        idle=idle,
        idle_reason=idle_reason,
    )
    manifests.compare_live(context)
    context.progress(f"settle    {_shown(context.evidence.settle)}")


def _stand(context: RunContext, until_s: float, serving: set[str]) -> tuple[set[str], list[ContainerUsage], str | None]:
    """Follow the pods as `_watch` does; return with it what the containers used, or why that was not read.

    No verdict depends on the use when idle, so a reader that does not work stops nothing.
    """
    if not context.settings.application.apps:
        return _watch(context, until_s, serving), [], None
    left = _watch(context, until_s - IDLE_S - SPARE_READINGS - _READER_S, serving)
    try:
        window = observe(Place.of(context), IDLE_S, lambda: left.update(_watch(context, until_s, serving)))
    except (PhaseError, CommandError) as error:
        return left | _watch(context, until_s, serving), [], str(error)
    return left, window.usages, None


def _watch(context: RunContext, until_s: float, serving: set[str]) -> set[str]:
    """Follow the pods to a moment on the monotonic clock; return those of `serving` that were not Ready meanwhile."""
    path = f"/api/v1/namespaces/{context.settings.namespace}/pods"
    left = set()
    for change, pod in context.kube.watch(path, until_s):
        if change == "IDLE":
            continue
        name = pod["metadata"]["name"]
        if name in serving and (change == "DELETED" or not is_ready(pod)):
            left.add(name)
    return left


def _changed(pods: Iterable[Mapping[str, Any]], deploy: Deploy) -> set[str]:
    """Name the pods whose Ready condition changed after they were first Ready, and those that are gone."""
    first = {pod.name: pod.conditions.get("Ready") for pod in deploy.pods if pod.ready_s is not None}
    now = {pod["metadata"]["name"]: condition(pod, "Ready").get("lastTransitionTime") for pod in pods}
    return {name for name, moment in first.items() if now.get(name) != moment}


def _is_of(deploy: Deploy, pod: str) -> bool:
    return pod in {each.name for each in deploy.pods}


def _is_about(deploy: Deploy, subject: Mapping[str, Any]) -> bool:
    return subject.get("kind") != "Pod" or _is_of(deploy, str(subject.get("name")))


def _warnings(context: RunContext, deploy: Deploy, expected: Allowances) -> list[WarningEvent]:
    """Return the namespace's Warning events; their times, as those of conditions, are the cluster's."""
    ready = max((pod.conditions.get("Ready", "") for pod in deploy.pods if pod.ready_s is not None), default="")
    read = events.read(context.kube, context.settings.namespace)
    if context.kept:  # a pod of the revision before, whose probes fail while it ends, or what an earlier run did to one
        read = [each for each in read if _is_about(deploy, each["involvedObject"])]
    found = events.warnings(read, context.redactor, ready=ready)
    for each in found:
        if each.after_ready and (ruling := expected.rule("event", f"{each.reason}: {each.message}", each.count)):
            each.allowed, each.ruling = ruling.allows, ruling.words
    return found


def _shown(settle: Settle) -> str:
    lines = sum(log.lines for log in settle.logs)
    hits = sum(len(log.hits) for log in settle.logs)
    return f"{len(settle.logs)} logs with {lines} lines, {hits} bad ones, {len(settle.events)} Warning events"
