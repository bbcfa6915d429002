"""SC-010: whether a run needs a person after it was started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import Aspect, Criterion, Finding, none_of, require, void
from pytest_todo_k8s.evidence import PHASES, Verdict

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence

LIMIT_STEPS: Final = 1.0
"""The one command that starts the run."""
_ALL: Final = tuple(name for name in PHASES if name != "teardown")


def _human_steps(evidence: Evidence) -> Finding:
    """Count the start and every question: a command that asks fails even where the phase stopped because of it."""
    asked = [command for command in evidence.commands if command.prompt]
    if asked:
        first = asked[0]
        reason = f"{len(asked)} commands asked for something, the first: {' '.join(first.argv[:3])}: {first.prompt}"
        return Finding(Verdict.FAIL, LIMIT_STEPS + len(asked), reason)
    require(evidence, *_ALL)
    return Finding(
        Verdict.PASS,
        LIMIT_STEPS,
        f"{_count(evidence)} commands with standard input closed and no terminal, none asked; every phase done",
    )


def _time_outs(evidence: Evidence) -> Finding:
    require(evidence, *_ALL)
    late = [command for command in evidence.commands if command.timed_out]
    problems = [f"{' '.join(command.argv[:3])} was ended after {command.duration_s:.0f} s" for command in late]
    return none_of(problems, f"{_count(evidence)} commands, each ended by itself")


def _count(evidence: Evidence) -> int:
    if not evidence.commands:
        raise void("the command log is empty")
    return len(evidence.commands)


CRITERION: Final = Criterion(
    id="SC-010",
    title="no manual step",
    promise="Deployment process completes without manual intervention",
    method=(
        "Every command runs with standard input closed and without a terminal; the command log is searched for "
        "questions and for commands that had to be ended, and every phase must be done"
    ),
    aspects=(
        Aspect("human-steps", "steps", LIMIT_STEPS, (), _human_steps),
        Aspect("time-outs", "commands", 0, (), _time_outs),
    ),
)
