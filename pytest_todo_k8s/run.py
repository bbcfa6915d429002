"""The order of a run: one phase after the other, evidence on disk after each, the first error stops the later ones."""

from __future__ import annotations

import importlib
import time
import traceback
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.errors import PhaseError, TodoK8sError
from pytest_todo_k8s.evidence import Phase, PhaseName

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext

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


def execute(context: RunContext, evidence_file: Path) -> PhaseError | None:
    """Run all phases in order; write the evidence after each.

    Args:
        context: Handed to every phase.
        evidence_file: Where the evidence is kept.

    Returns:
        The error of the phase that stopped the run, or None: all phases are done.
    """
    for name in ORDER:
        error = _phase(name, _load(name), context)
        context.evidence.save(evidence_file)
        if error:
            return error
    return None


def _load(name: PhaseName) -> Callable[[RunContext], None]:
    """Import a phase only when a run comes to it: the plugin must cost nothing where it isn't used."""
    function: Callable[[RunContext], None] = importlib.import_module(f"pytest_todo_k8s.phases.{name}").run
    return function


def _phase(name: PhaseName, function: Callable[[RunContext], None], context: RunContext) -> PhaseError | None:
    """Run one phase and note its times and its end, however it ends."""
    started, start_s = time.monotonic(), context.elapsed_s()
    error: PhaseError | None = PhaseError(name, "it was interrupted")
    try:
        function(context)
        error = None
    except PhaseError as raised:
        error = raised
    except TodoK8sError as raised:
        error = PhaseError(name, raised.cause, raised.hint)
    except Exception as raised:  # noqa: BLE001  a bug in a phase is told in one sentence, its traceback goes to a file
        error = _unexpected(name, raised, context.logs_dir)
    finally:
        context.evidence.phases.append(
            Phase(
                name=name,
                start_s=start_s,
                duration_s=time.monotonic() - started,
                ok=error is None,
                cause=error.cause if error else None,
                hint=error.hint if error else None,
            )
        )
    return error


def _unexpected(name: PhaseName, error: Exception, logs_dir: Path) -> PhaseError:
    file = logs_dir / f"{name}.traceback.txt"
    file.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    text = " ".join(str(error).split())[:300] or "no text"
    return PhaseError(name, f"unexpected {type(error).__name__}: {text}", f"see {file}")
