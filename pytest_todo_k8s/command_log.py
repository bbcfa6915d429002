"""The log of a run's commands: evidence for the criterion that nobody had to step in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.evidence import Command, Evidence, PhaseName
from pytest_todo_k8s.tools.prompts import prompt_in

if TYPE_CHECKING:
    from pytest_todo_k8s.tools.command import CommandRecord


class CommandLog:
    """Turns the records of finished commands into evidence of the phase that is under way.

    Attributes:
        phase: Name of that phase; commands belong to it.
    """

    def __init__(self, evidence: Evidence, started_s: float) -> None:
        """Begin in preflight.

        Args:
            evidence: Where the commands are noted.
            started_s: Start of the run on the monotonic clock.
        """
        self.phase: PhaseName = "preflight"
        self._evidence = evidence
        self._started_s = started_s

    def note(self, record: CommandRecord) -> None:
        """Take one record; may be called from any thread."""
        self._evidence.commands.append(
            Command(
                phase=self.phase,
                argv=list(record.argv),
                start_s=max(0.0, record.started_s - self._started_s),
                duration_s=record.duration_s,
                exit_code=record.exit_code,
                timed_out=record.timed_out,
                silence_s=record.silence_s,
                prompt=next(filter(None, map(prompt_in, record.tails)), None),
            )
        )
