"""The word and the exit status that a whole run gets from its verdicts."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s import exit_codes
from pytest_todo_k8s.evidence import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_todo_k8s.evidence import CriterionResult, Evidence

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


def status_of(verdicts: Iterable[Verdict], expected: int = EXPECTED) -> int:
    """Return the exit status for the verdicts of criteria; one fewer than expected makes it 11 at least."""
    statuses = [STATUS[verdict] for verdict in verdicts]
    missing = [exit_codes.INCOMPLETE] if len(statuses) < expected else []
    return exit_codes.worst(statuses + missing)


def asked(evidence: Evidence, results: Iterable[CriterionResult]) -> list[CriterionResult]:
    """Return those verdicts that the run was asked for: all, unless it was narrowed to some criteria."""
    only = evidence.run.only
    return [result for result in results if not only or result.id in only]


def outcome(evidence: Evidence) -> Outcome:
    """Return the run's word; criteria that were not asked for have no say in it.

    FAIL when a criterion or another selected test failed; INCOMPLETE when nothing failed but something has no verdict,
    the run was interrupted or left something behind; PASS otherwise. So PASS goes with exit status 0 and no other.
    """
    results = asked(evidence, evidence.criteria)
    status = status_of((result.verdict for result in results), len(evidence.run.only) or EXPECTED)
    if exit_codes.FAILED in (status, evidence.run.status):
        return Outcome.FAIL
    left_behind = evidence.cleanup is not None and not evidence.cleanup.ok
    if status or evidence.run.status or evidence.run.interrupted or left_behind:
        return Outcome.INCOMPLETE
    return Outcome.PASS
