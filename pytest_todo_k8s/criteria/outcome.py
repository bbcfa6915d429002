"""The word and the exit status that a whole run gets from its verdicts."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s import exit_codes
from pytest_todo_k8s.evidence import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_todo_k8s.evidence import Evidence

EXPECTED: Final = 11
"""Criteria without which a run is not complete."""
STATUS: Final = {
    Verdict.PASS: exit_codes.OK,
    Verdict.BORDERLINE: exit_codes.OK,
    Verdict.NOT_RUN: exit_codes.INCOMPLETE,
    Verdict.INCOMPLETE: exit_codes.INCOMPLETE,
    Verdict.BLOCKED: exit_codes.INFRASTRUCTURE,
    Verdict.CRASHED: exit_codes.INCOMPLETE,
    Verdict.FAIL: exit_codes.FAILED,
}
"""Exit status that each verdict asks for; the worst of all wins."""


class Outcome(StrEnum):
    """The three words for a run."""

    PASS = "PASS"  # noqa: S105  a verdict
    FAIL = "FAIL"
    INCOMPLETE = "INCOMPLETE"


def status_of(verdicts: Iterable[Verdict]) -> int:
    """Return the exit status for the verdicts of all criteria; a missing criterion makes it 11 at least."""
    statuses = [STATUS[verdict] for verdict in verdicts]
    missing = [exit_codes.INCOMPLETE] if len(statuses) < EXPECTED else []
    return exit_codes.worst(statuses + missing)


def outcome(evidence: Evidence) -> Outcome:
    """Return the run's word.

    FAIL when a criterion or another selected test failed; INCOMPLETE when nothing failed but something has no verdict,
    the run was interrupted or left something behind; PASS otherwise. So PASS goes with exit status 0 and no other.
    """
    status = status_of(result.verdict for result in evidence.criteria)
    if exit_codes.FAILED in (status, evidence.run.status):
        return Outcome.FAIL
    left_behind = evidence.cleanup is not None and not evidence.cleanup.ok
    if status or evidence.run.status or evidence.run.interrupted or left_behind:
        return Outcome.INCOMPLETE
    return Outcome.PASS
