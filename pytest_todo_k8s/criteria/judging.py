"""Turns evidence into verdicts: a criterion is as good as its worst part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import Finding, Unjudged, limit_of, require, row_name
from pytest_todo_k8s.evidence import CriterionResult, Part, Verdict
from pytest_todo_k8s.project_settings import NAME
from pytest_todo_k8s.settings import NO_CLUSTER

if TYPE_CHECKING:
    from pytest_todo_k8s.criteria.criterion import Aspect, Criterion
    from pytest_todo_k8s.evidence import Evidence

_BADNESS: Final = tuple(Verdict)
_SHOWN: Final = 1000
"""Characters of a reason; what is longer stands in the evidence itself."""


def judge_criterion(criterion: Criterion, evidence: Evidence) -> CriterionResult:
    """Judge one criterion; never raises.

    The result repeats the verdict, figure and reason of the worst part; of equals the one nearest its limit.
    """
    parts = [_judge_part(criterion, aspect, evidence) for aspect in criterion.aspects]
    worst = max(parts, key=lambda part: (_BADNESS.index(part.verdict), _closeness(part)))
    return CriterionResult(
        id=criterion.id,
        title=criterion.title,
        verdict=worst.verdict,
        measured=worst.measured,
        unit=worst.unit,
        limit=worst.limit,
        parts=parts,
        reason=worst.reason,
    )


def _judge_part(criterion: Criterion, aspect: Aspect, evidence: Evidence) -> Part:
    try:
        if evidence.run.only and criterion.id not in evidence.run.only:
            raise Unjudged(Verdict.NOT_RUN, "not asked for")  # noqa: TRY301  as any other reason not to judge
        if key := evidence.run.unset.get(row_name(criterion.id, aspect.name)):
            raise Unjudged(Verdict.NOT_RUN, f"not set up for this application: set {NAME}.{key}")  # noqa: TRY301  likewise
        if evidence.run.cluster == NO_CLUSTER:
            finding = _without_cluster(aspect, evidence)
        else:
            require(evidence, *aspect.needs)
            finding = aspect.judge(evidence)
    except Unjudged as unjudged:
        finding = Finding(unjudged.verdict, None, unjudged.reason)
    except Exception as error:  # noqa: BLE001  a bug of one judge must not take the other verdicts with it
        finding = Finding(Verdict.CRASHED, None, f"the judge raised {type(error).__name__}: {error}")
    if finding.verdict is Verdict.BORDERLINE and evidence.run.strict:
        reason = f"borderline, which a strict run does not let pass: {finding.reason}"
        finding = Finding(Verdict.FAIL, finding.measured, reason)
    return Part(
        name=aspect.name,
        verdict=finding.verdict,
        measured=finding.measured,
        unit=aspect.unit,
        limit=None if aspect.limit is None else limit_of(evidence, row_name(criterion.id, aspect.name), aspect.limit),
        reason=finding.reason[:_SHOWN],
    )


def _without_cluster(aspect: Aspect, evidence: Evidence) -> Finding:
    """Judge what can be seen without a cluster: that something is wrong, never that all is right."""
    if not aspect.static:
        raise Unjudged(Verdict.NOT_RUN, "it needs a cluster")
    checked = len(evidence.manifests.checks) if evidence.manifests else 0
    try:
        return aspect.judge(evidence)
    except Unjudged as unjudged:
        if evidence.failed_phase():
            raise
        reason = f"{checked} static checks are kept; the rest needs a cluster"
        raise Unjudged(Verdict.NOT_RUN, reason) from unjudged


def _closeness(part: Part) -> float:
    """Share of the limit that was used; parts with a measurable margin go before those that only count problems."""
    return part.measured / part.limit if part.measured is not None and part.limit else -1.0
