"""The order of the phases: one after the other, evidence on disk after each, the first error stops the later ones."""

from __future__ import annotations

import importlib
import time
import traceback
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.figures import duration
from pytest_todo_k8s.errors import PhaseError, TodoK8sError
from pytest_todo_k8s.evidence import Phase, PhaseName
from pytest_todo_k8s.progress import heartbeat
from pytest_todo_k8s.settings import NO_CLUSTER
from pytest_todo_k8s.time_limit import TimeOver, time_limit
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.settings import Settings

ORDER: Final[tuple[PhaseName, ...]] = (
    "preflight",
    "build",
    "load",
    "deploy",
    "settle",
    "measure",
    "exercise",
    "parity",
)
"""Names of the phases; each is the function `run(context)` of the module `pytest_todo_k8s.phases.<name>`."""


_LATER: Final[dict[str, tuple[PhaseName, ...]]] = {
    "SC-001": (),
    "SC-002": (),
    "SC-003": ("settle",),
    "SC-004": ("measure",),
    "SC-005": ("measure",),
    "SC-006": ("exercise",),
    "SC-007": ("settle",),
    "SC-008": ("measure",),
    "SC-009": ("settle",),
    "SC-011": ("parity",),
}
"""What a criterion needs beyond the deployment; one that is not named here needs everything."""
_DEPLOYED: Final = ORDER.index("deploy") + 1


def order(settings: Settings) -> tuple[PhaseName, ...]:
    """Return the phases of a run: all, or those up to the deployment and what the criteria asked for need beyond it."""
    if settings.cluster.provider == NO_CLUSTER:
        return ()
    later = {phase for name in settings.only for phase in _LATER.get(name, ORDER)}
    return tuple(phase for phase in ORDER if not settings.only or phase in later or phase in ORDER[:_DEPLOYED])


def execute(
    context: RunContext,
    *,
    enter: Callable[[PhaseName], None],
    after_preflight: Callable[[RunContext], None],
    save: Callable[[], None],
    phases: Sequence[PhaseName] | None = None,
) -> PhaseError | None:
    """Run all phases in order; write the evidence after each.

    Args:
        context: Handed to every phase.
        enter: Called with the name of each phase as it begins.
        after_preflight: Belongs to preflight, and may raise as a phase may; the cluster is known to be the right one.
        save: Writes the evidence; called after each phase.
        phases: Names of the phases, where not those of a whole run.

    Returns:
        The error of the phase that stopped the run, or None: all phases are done.
    """
    for name in phases if phases is not None else order(context.settings):
        enter(name)
        steps = [_load(name), after_preflight] if name == "preflight" else [_load(name)]
        try:
            error = _phase(name, steps, context)
        finally:
            save()
        if error:
            return error
    return None


def _load(name: PhaseName) -> Callable[[RunContext], None]:
    """Import a phase when the run comes to it, and as a part of it: a broken module is that phase's error."""

    def run(context: RunContext) -> None:
        importlib.import_module(f"pytest_todo_k8s.phases.{name}").run(context)

    return run


def _phase(name: PhaseName, steps: list[Callable[[RunContext], None]], context: RunContext) -> PhaseError | None:
    """Run one phase and note its times and its end, however it ends."""
    started, start_s = time.monotonic(), context.elapsed_s()
    error: PhaseError | None = PhaseError(name, "it was interrupted")
    try:
        with heartbeat(name, context.progress), time_limit(_rest_s(context)):
            error = _steps(name, steps, context)
    except TimeOver:
        limit = duration(context.settings.timeout_s or 0.0)
        error = PhaseError(
            name,
            f"the time limit of {limit} for all phases is over",
            "look at what took long, or give --todo-timeout more",
        )
    finally:
        duration_s = time.monotonic() - started
        context.evidence.phases.append(
            Phase(
                name=name,
                start_s=start_s,
                duration_s=duration_s,
                ok=error is None,
                cause=error.cause if error else None,
                hint=error.hint if error else None,
            )
        )
        context.progress(f"{name:<9} {f'FAILED: {error}' if error else f'{duration_s:.1f} s'}")
    return error


def _rest_s(context: RunContext) -> float | None:
    limit_s = context.settings.timeout_s
    return None if limit_s is None else limit_s - context.elapsed_s()


def _steps(name: PhaseName, steps: list[Callable[[RunContext], None]], context: RunContext) -> PhaseError | None:
    try:
        for step in steps:
            step(context)
    except PhaseError as error:
        return error
    except TodoK8sError as error:
        return PhaseError(name, error.cause, error.hint)
    except CommandError as error:
        return PhaseError(name, str(error))
    except Exception as error:  # noqa: BLE001  a bug in a phase is told in one sentence, its traceback goes to a file
        return _unexpected(name, error, context)
    return None


def _unexpected(name: PhaseName, error: Exception, context: RunContext) -> PhaseError:
    file = context.logs_dir / f"{name}.traceback.txt"
    hint = f"its traceback is in {file}"
    try:
        file.write_text(context.redactor.clean("".join(traceback.format_exception(error))), encoding="utf-8")
    except OSError as unwritten:
        hint = f"its traceback can't be written: {unwritten.strerror}"
    text = " ".join(context.redactor.clean(str(error)).split())[:300] or "no text"
    return PhaseError(name, f"unexpected {type(error).__name__}: {text}", hint)
