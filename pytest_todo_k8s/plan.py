"""What a run would do, in words; nothing is touched to say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.criteria import CRITERIA, unset
from pytest_todo_k8s.criteria.criterion import row_name
from pytest_todo_k8s.criteria.figures import figure
from pytest_todo_k8s.project_settings import NAME
from pytest_todo_k8s.sequence import order
from pytest_todo_k8s.settings import AUTO, NO_CLUSTER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.criteria.criterion import Criterion
    from pytest_todo_k8s.settings import Settings

_NAME_WIDTH = 11


def lines(settings: Settings) -> list[str]:
    """Return the plan, a line for each fact."""
    facts = [*_place(settings), *_made(settings), *_judged(settings), ("writes", f"{settings.out}/ (results only)")]
    return [f"{name:<{_NAME_WIDTH}}{text}" for name, text in facts]


def _place(settings: Settings) -> Iterator[tuple[str, str]]:
    cluster = settings.cluster
    if cluster.provider == NO_CLUSTER:
        yield "cluster", "none: the chart is checked, nothing is built, deployed or measured"
        return
    name = "one of its own, todo-k8s-<run>" if settings.namespace == AUTO else settings.namespace
    yield "cluster", f"{cluster.provider}, {cluster.name}"
    free = "a kept deployment there is upgraded, else one is made" if settings.reuse else "must not exist before"
    yield "namespace", f"{name}: {free}"
    if settings.application.database:
        yield "database", "PostgreSQL in the cluster" if settings.database_url is None else "an external PostgreSQL"


def _made(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "phases", ", ".join(order(settings)) or "none"
    if settings.timeout_s is not None:
        yield "time limit", f"{figure(settings.timeout_s, 's')} for all of them, then clean-up"
    yield "chart", str(settings.chart)
    if settings.cluster.provider == NO_CLUSTER:
        return
    for image in settings.images:
        judged = "cold build, judged" if image.judged else "a dependency, not judged"
        yield "image", f"{image.repository}:<content>-<run> from {image.dockerfile} ({judged})"
    kept = {"never": "everything this run made", "failed": "everything, unless the run fails", "always": "nothing"}
    gone = kept["always" if settings.reuse else settings.keep]
    yield "takes down", f"{gone}, by name, label, run id and UID; nothing that was there before"


def _judged(settings: Settings) -> Iterator[tuple[str, str]]:
    for criterion in CRITERIA:
        asked = not settings.only or criterion.id in settings.only
        told = f"{_limits(criterion, settings)}{_unset(criterion, settings)}" if asked else " - not asked for"
        yield criterion.id, f"{criterion.title}{told}"


def _unset(criterion: Criterion, settings: Settings) -> str:
    """The keys without which a criterion, or a part of it, is not run."""
    missing = unset(settings.application)
    keys = dict.fromkeys(missing[row] for part in criterion.parts if (row := row_name(criterion.id, part)) in missing)
    return f" - not run: set {' and '.join(f'{NAME}.{key}' for key in keys)}" if keys else ""


def _limits(criterion: Criterion, settings: Settings) -> str:
    """The limits that are not as promised."""
    rows = {row_name(criterion.id, aspect.name): aspect for aspect in criterion.aspects}
    changed = [
        f"{aspect.name} {figure(settings.limits[row], aspect.unit)} (promised {figure(aspect.limit or 0, aspect.unit)})"
        for row, aspect in rows.items()
        if settings.limits.get(row, aspect.limit) != aspect.limit
    ]
    return f" - {', '.join(changed)}" if changed else ""
