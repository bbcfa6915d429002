"""The end of the terminal's output: a line for each criterion, what was cleaned up, and the verdict."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.figures import figure
from pytest_todo_k8s.criteria.limits import beside, telling_part
from pytest_todo_k8s.criteria.outcome import asked, outcome
from pytest_todo_k8s.evidence import Verdict

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Cleanup, CriterionResult, Evidence


_SHOWN: Final = 120
"""Characters of a reason in the table; the whole of it stands in the report."""


def lines(evidence: Evidence, *, narrowed: str | None, status: int, report: str | None) -> list[str]:
    """Return the lines to print.

    Args:
        evidence: Of the finished run.
        narrowed: Why the run is no gate, if it isn't one.
        status: The exit status.
        report: Path of the HTML report as the user would type it; None: there is none.
    """
    results = evidence.criteria
    width = max((len(result.title) for result in results), default=0)
    judged = asked(evidence, results)
    met = sum(result.verdict is Verdict.PASS for result in judged)
    head = [f"partial run: not a gate ({narrowed})"] if narrowed else []
    table = [_row(result, width) for result in results]
    where = f" - report: {report}" if report else ""
    code = f" (exit status {status})" if status else ""
    verdict = f"{outcome(evidence)}: {met} of {len(judged)} criteria met{code}{where}"
    return [*head, *table, *_cleanup(evidence.cleanup), verdict]


def _row(result: CriterionResult, width: int) -> str:
    verdict = result.verdict.value
    if result.verdict is Verdict.PASS and result.measured is not None:
        other = beside(result.id, telling_part(result), result.limit)
        limit = f"limit {figure(result.limit, result.unit)}{other}" if result.limit is not None else ""
        told = f"{figure(result.measured, result.unit):<14}  {limit}"
    else:
        told = textwrap.shorten(result.reason.removeprefix(verdict), _SHOWN, placeholder=" ...")
    return f"{result.id} {result.title:<{width}}  {verdict:<10}  {told}".rstrip()


def _cleanup(cleanup: Cleanup | None) -> list[str]:
    if cleanup is None:
        return []
    gone = f"gone after {cleanup.gone_after_s:.1f} s" if cleanup.gone_after_s is not None else "was not made"
    if cleanup.kept:
        kept = [f"kept: namespace {cleanup.namespace} (UID {cleanup.uid}) and its images {cleanup.kept}"]
        return [*kept, *(f"clean-up LEFT: {text}" for text in cleanup.leftovers)]
    if cleanup.ok:
        uid = f" (UID {cleanup.uid})" if cleanup.uid else ""
        return [f"clean-up: namespace {cleanup.namespace}{uid} {gone}, nothing left"]
    return [f"clean-up LEFT: {text}" for text in cleanup.leftovers]
