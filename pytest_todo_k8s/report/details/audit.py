"""The log of all commands: SC-010."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.figures import duration
from pytest_todo_k8s.report.blocks import Block, Facts, Table
from pytest_todo_k8s.report.text import excerpt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.evidence import Command, Evidence

_WORD: Final = 300
"""Characters of one argument."""


def commands(evidence: Evidence) -> list[Block]:
    """Show how many commands were run, how many asked or were ended, and each of them."""
    log = evidence.commands
    facts = (
        ("Commands", str(len(log))),
        ("Standard input", "closed, or fed by the gate; no terminal"),
        ("Asked for something", str(sum(command.prompt is not None for command in log))),
        ("Longest silence", _silence(log)),
        ("Ended by a time-out", str(sum(command.timed_out for command in log))),
        (
            "Phases begun",
            ", ".join(f"{phase.name}{'' if phase.ok else ' (failed)'}" for phase in evidence.phases) or "none",
        ),
    )
    head = ("Command", "Phase", "Start", "Took", "Status", "Asked")
    return [Facts(facts), Table("Commands", head, tuple(map(_row, log)), figures=(2, 3, 4), folded=True)]


def _silence(log: Sequence[Command]) -> str:
    """Tell how long a command said nothing at the longest, and which one: an unseen question would look like that."""
    longest = max(log, key=lambda each: each.silence_s or 0.0, default=None)
    if longest is None or longest.silence_s is None:
        return "not observed"
    return f"{duration(longest.silence_s)}, {excerpt(shlex.join(longest.argv[:3]), _WORD)}"


def _row(command: Command) -> tuple[str, ...]:
    status = "timed out" if command.timed_out else str(command.exit_code)
    asked = command.prompt or "no"
    start = f"{command.start_s:.1f} s"
    words = [excerpt(word, _WORD) for word in command.argv]
    return (shlex.join(words), command.phase, start, duration(command.duration_s), status, asked)
