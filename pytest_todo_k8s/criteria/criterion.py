"""What a success criterion is made of, and what its judges have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_todo_k8s.criteria.figures import figure
from pytest_todo_k8s.evidence import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_todo_k8s.evidence import Evidence, PhaseName


@dataclass(frozen=True, slots=True)
class Finding:
    """What a judge says of one aspect.

    Attributes:
        verdict: The verdict.
        measured: The figure it rests on, in the aspect's unit; None where there is none.
        reason: One sentence without a final full stop: what was seen, where, how far from the limit.
    """

    verdict: Verdict
    measured: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Aspect:
    """One separately judged part of a criterion.

    Attributes:
        name: Fixed, `[a-z0-9-]+`: it becomes part of a test id, so nothing measured may enter it.
        unit: Unit of limit and figure: `s`, `MB` (decimal), `%`, or what is counted.
        limit: The figure that must not be reached (`s`, `MB`, `%`) or passed (counts); None: there is none.
        needs: Phases that must have ended well before `judge` is asked at all.
        judge: Pure; says what the evidence shows or raises `Unjudged`.
        static: Whether it can fail without a cluster; pass it can't.
        settings: Keys of the application's settings without which there is nothing to judge.
    """

    name: str
    unit: str
    limit: float | None
    needs: tuple[PhaseName, ...]
    judge: Callable[[Evidence], Finding]
    static: bool = False
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Criterion:
    """One of the eleven promises.

    Attributes:
        id: `SC-001` to `SC-011`.
        title: The promise in a few plain words.
        promise: The promise as the project's specification words it.
        method: How it is measured, for the reader of a report.
        aspects: What it is judged by; it is kept when all of them are.
    """

    id: str
    title: str
    promise: str
    method: str
    aspects: tuple[Aspect, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the aspects."""
        return tuple(aspect.name for aspect in self.aspects)


class Unjudged(Exception):  # noqa: N818  it is an outcome, not a fault
    """An aspect can't be judged from this evidence; never a pass.

    Attributes:
        verdict: BLOCKED, INCOMPLETE or NOT RUN.
        reason: Why, one sentence without a final full stop.
    """

    def __init__(self, verdict: Verdict, reason: str) -> None:
        super().__init__(verdict, reason)
        self.verdict = verdict
        self.reason = reason


def row_name(criterion: str, part: str) -> str:
    """Name of a part's row: the id of its test, such as `SC-001-wall`."""
    return f"{criterion}-{part}"


def limit_of(evidence: Evidence, row: str, default: float) -> float:
    """Return the limit that counts for a row: what the run was told, else the promised one."""
    return evidence.run.limits.get(row, default)


def void(reason: str) -> Unjudged:
    """Make the exception for evidence that is missing or worthless."""
    return Unjudged(Verdict.INCOMPLETE, reason)


def require(evidence: Evidence, *phases: PhaseName) -> None:
    """Check that phases ended well.

    Raises:
        Unjudged: BLOCKED, naming the phase that failed and why; INCOMPLETE where the run ended before the phase.
    """
    ended = {phase.name: phase for phase in evidence.phases}
    for name in phases:
        stopped = ended[name] if name in ended else evidence.failed_phase()
        if stopped is None:
            raise void(f"the run ended before its {name} phase")
        if not stopped.ok:
            raise Unjudged(Verdict.BLOCKED, f"BLOCKED by {stopped.name}: {stopped.cause or 'no cause was noted'}")


def under(measured: float, limit: float, unit: str, seen: str) -> Finding:
    """Judge a figure that must stay under its limit.

    Args:
        measured: The figure.
        limit: The limit; reaching it fails.
        unit: Unit of both.
        seen: What the figure is, for the reason.
    """
    kept = measured < limit
    relation = "under" if kept else "not under"
    reason = f"{seen}: {figure(measured, unit)}, {relation} the limit of {figure(limit, unit)}"
    return Finding(Verdict.PASS if kept else Verdict.FAIL, measured, reason)


def none_of(problems: Sequence[str], clean: str) -> Finding:
    """Judge by a list of problems that must be empty.

    Args:
        problems: One sentence each; the first three go into the reason.
        clean: The reason when there is none: what was looked at.
    """
    if not problems:
        return Finding(Verdict.PASS, 0, clean)
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""  # noqa: PLR2004  as many as a table row holds
    return Finding(Verdict.FAIL, len(problems), "; ".join(problems[:3]) + more)
