"""Errors that a user sees: one sentence of cause, one of remedy, never a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class TodoK8sError(Exception):
    """Base of every error meant for a user.

    Attributes:
        cause: What went wrong and where, one sentence without a final full stop.
        hint: What to do about it, one sentence; may be empty.
    """

    def __init__(self, cause: str, hint: str = "") -> None:
        super().__init__(cause, hint)
        self.cause = cause
        self.hint = hint

    def __str__(self) -> str:
        """Join cause and remedy to what a terminal shows."""
        return f"{self.cause}: {self.hint}" if self.hint else self.cause


class ConfigError(TodoK8sError):
    """An option, environment variable or file of the user is wrong."""


class PhaseError(TodoK8sError):
    """A phase of a run can't go on; the later phases are blocked by it.

    Attributes:
        phase: Name of the phase, as in the module names of `pytest_todo_k8s.phases`.
    """

    def __init__(self, phase: str, cause: str, hint: str = "") -> None:
        super().__init__(cause, hint)
        self.phase = phase


class SetupError(TodoK8sError):
    """A step of `todo-k8s setup` failed.

    Attributes:
        step: Name of the step, as `todo-k8s setup --plan` prints it.
        log_file: Where the step's whole output is, if it wrote any.
    """

    def __init__(self, step: str, cause: str, hint: str = "", log_file: Path | None = None) -> None:
        super().__init__(cause, hint)
        self.step = step
        self.log_file = log_file
