"""The analysers in an acceptance run: after measuring, before teardown, also where a phase failed.

No verdict depends on them, and nothing that goes wrong here stops a run: it becomes a note.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.analysis import health, images, manifests, rightsizing, utilisation
from pytest_todo_k8s.analysis.results import Analysis
from pytest_todo_k8s.errors import TodoK8sError
from pytest_todo_k8s.phases.manifests import release
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.evidence import Evidence

LOGS: Final = "health"
"""Folder of the logs that the health analyser reads, below `logs/`."""


def analyse(context: RunContext) -> Analysis:
    """Run every analyser that has something to look at, and fill `evidence.analysis`."""
    started, found = time.monotonic(), Analysis()
    context.evidence.analysis = found
    _guarded(found, "health", lambda: _health(context, found))
    _guarded(found, "images", lambda: found.images.extend(images.of_run(context.settings, context.evidence)))
    deploy = context.evidence.deploy
    if context.settings.application.built_in and deploy is not None and deploy.revision:  # as the task list words them
        _guarded(found, "manifests", lambda: _manifests(context, found))
    _guarded(found, "use of resources", lambda: _utilisation(context.evidence, found))
    if context.settings.application.built_in:  # the figures are for that chart's values
        _guarded(found, "right-sizing", lambda: _resources(context, found))
    for name in context.settings.assistants:
        _guarded(found, name, lambda name=name: _assistant(context, found, name))  # type: ignore[misc]  # a default binds it
    found.duration_s = time.monotonic() - started
    context.progress(f"analysis  {_told(found)}")
    return found


def _guarded(found: Analysis, name: str, analyser: Callable[[], None]) -> None:
    try:
        analyser()
    except TodoK8sError as error:
        found.notes.append(f"{name}: {error.cause}")
    except (CommandError, OSError) as error:
        found.notes.append(f"{name}: {error}")
    except Exception as error:  # noqa: BLE001  a bug of an analyser must not cost a run its verdict
        found.notes.append(f"{name}: unexpected {type(error).__name__}: {' '.join(str(error).split())[:200]}")


def _health(context: RunContext, found: Analysis) -> None:
    if context.evidence.deploy is not None:
        namespace = context.settings.namespace
        found.health = health.examine(context.kube, namespace, context.logs_dir / LOGS, context.redactor)


def _utilisation(evidence: Evidence, found: Analysis) -> None:
    """Condense what the phases have read: under load, and idle before it."""
    settle, measure = evidence.settle, evidence.measure
    if measure and measure.load:
        found.utilisation, missing = utilisation.summarise(measure.usage, "load")
        found.notes += missing
    if settle:
        idle, missing = utilisation.summarise(settle.idle, "idle")
        found.utilisation += idle
        found.notes += [*missing, *([f"idle use: {settle.idle_reason}"] if settle.idle_reason else [])]


def _manifests(context: RunContext, found: Analysis) -> None:
    helm, chart = release(context)
    found.manifests = [each.analysis() for each in manifests.propose(helm.released(chart))]


def _resources(context: RunContext, found: Analysis) -> None:
    found.recommendations = rightsizing.recommend(found.utilisation)
    measure = context.evidence.measure
    if found.recommendations and measure and measure.load:
        file = context.settings.out / rightsizing.FILE
        origin = f"run {context.evidence.run.id} of {context.evidence.run.started_at}, {_load(context)}"
        file.write_text(rightsizing.as_yaml(found.recommendations, origin), encoding="utf-8")


def _assistant(context: RunContext, found: Analysis, name: str) -> None:
    """Ask one assistant what it is good for; its answers are reviewed and kept, and nothing is applied."""
    from pytest_todo_k8s.assistants import asking  # noqa: PLC0415  only where one was named

    found.proposals += asking.in_run(context, name)


def _load(context: RunContext) -> str:
    load = context.evidence.measure.load if context.evidence.measure else None
    return f"{load.rate_per_s:g} requests/s for {load.duration_s:g} s" if load else "no load"


def _told(found: Analysis) -> str:
    parts = [f"{found.duration_s:.1f} s"]
    if found.health:
        parts.append("healthy" if found.health.healthy else f"{len(found.health.findings)} findings on health")
    if found.recommendations:
        parts.append(f"{len(found.recommendations)} figures in {rightsizing.FILE}")
    if found.notes:
        parts.append(f"{len(found.notes)} notes")
    return ", ".join(parts)
