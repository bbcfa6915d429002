"""The first screen: the verdict, its cause, what was judged, the eleven rows, and whether anything was left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria import judge
from pytest_todo_k8s.criteria.figures import duration, figure
from pytest_todo_k8s.criteria.limits import beside, telling_part
from pytest_todo_k8s.criteria.outcome import EXPECTED, Outcome, asked, outcome
from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.report.graphics import limit_bar

if TYPE_CHECKING:
    from markupsafe import Markup

    from pytest_todo_k8s.evidence import CriterionResult, Evidence, Machine, Run

TONES: Final = {
    Verdict.PASS: "pass",
    Verdict.BORDERLINE: "warn",
    Verdict.NOT_RUN: "none",
    Verdict.INCOMPLETE: "warn",
    Verdict.BLOCKED: "warn",
    Verdict.CRASHED: "fail",
    Verdict.FAIL: "fail",
}
"""Style class of each verdict; the word and the icon carry the meaning."""
CONTINUOUS: Final = frozenset({"s", "MB", "%"})
"""Units whose limit must not be reached; all others are counts."""
_REASON_SHOWN: Final = 150
"""Characters of a reason in the table; its section has the whole of it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One of the eleven rows; every field is text to show, apart from `icon` and `tone`."""

    id: str
    title: str
    word: str
    icon: str
    tone: str
    measured: str | None
    limit: str
    bar: Markup | None
    reason: str


def results(evidence: Evidence) -> list[CriterionResult]:
    """Return the eleven verdicts; those that were never recorded (the run died) are judged from what is there."""
    recorded = {result.id: result for result in evidence.criteria}
    return [recorded.get(result.id, result) for result in judge(evidence)]


def title(evidence: Evidence) -> str:
    """Return the report's title, verdict first."""
    found = asked(evidence, results(evidence))
    met = sum(result.verdict is Verdict.PASS for result in found)
    return f"{outcome(evidence)}: {met} of {len(found)} criteria met - todo-k8s acceptance"


def cause(evidence: Evidence) -> str:
    """Say in one sentence why the run got its word."""
    sentence = _cause(evidence)
    why = f" ({evidence.run.partial_reason})" if evidence.run.partial_reason else ""
    return f"partial run: not a gate{why}. {sentence}" if evidence.run.partial else sentence


def _cause(evidence: Evidence) -> str:
    found = asked(evidence, results(evidence))
    failed = [result for result in found if result.verdict is Verdict.FAIL]
    if failed:
        return f"{failed[0].id} failed: {failed[0].reason}{_more(len(failed) - 1)}."
    stopped = evidence.failed_phase()
    if stopped:
        hint = f" {stopped.hint[:1].upper()}{stopped.hint[1:]}." if stopped.hint else ""
        return f"The {stopped.name} phase failed: {stopped.cause or 'no cause was noted'}.{hint}"
    open_ = [result for result in found if result.verdict not in {Verdict.PASS, Verdict.BORDERLINE}]
    if open_:
        return f"{open_[0].id} has no verdict: {open_[0].reason}{_more(len(open_) - 1)}."
    return _cause_outside_the_criteria(evidence)


def _cause_outside_the_criteria(evidence: Evidence) -> str:
    word = outcome(evidence)
    if word is Outcome.FAIL:
        return "All criteria are met, but another selected test failed."
    if evidence.run.interrupted:
        return "The run was interrupted."
    if evidence.cleanup and not evidence.cleanup.ok:
        return f"Clean-up left behind: {', '.join(evidence.cleanup.leftovers)}."
    if len(evidence.criteria) < EXPECTED:
        return "The run ended before its verdicts were recorded."
    if word is Outcome.INCOMPLETE:
        return f"All criteria are met, but the run ended with exit status {evidence.run.status}."
    borderline = sum(result.verdict is Verdict.BORDERLINE for result in evidence.criteria)
    return (
        f"No criterion failed; {borderline} borderline." if borderline else "Every criterion was measured and is met."
    )


def _begin(reason: str) -> str:
    return reason if len(reason) <= _REASON_SHOWN else f"{reason[: _REASON_SHOWN - 1]}…"


def _more(count: int) -> str:
    return f"; and {count} more" if count else ""


def rows(evidence: Evidence) -> list[Row]:
    """Return the eleven rows, in order."""
    return [_row(result) for result in results(evidence)]


def _row(result: CriterionResult) -> Row:
    tone = TONES[result.verdict]
    drawable = result.measured is not None and result.limit and result.unit in CONTINUOUS
    return Row(
        id=result.id,
        title=result.title,
        word=result.verdict.value,
        icon=icon(result.verdict),
        tone=tone,
        measured=measured(result),
        limit=limit(result.limit, result.unit) + beside(result.id, telling_part(result), result.limit),
        bar=limit_bar((result.measured or 0) / (result.limit or 1), tone) if drawable else None,
        reason=_begin(result.reason),
    )


def icon(verdict: Verdict) -> str:
    """Return the name of a verdict's icon."""
    return verdict.value.lower().replace(" ", "-")


def measured(result: CriterionResult) -> str | None:
    """Write the figure that a verdict rests on, with the part it belongs to; None where there is none."""
    if result.measured is None:
        return None
    part = telling_part(result)
    telling = len(result.parts) > 1 and (result.unit in CONTINUOUS or result.verdict is not Verdict.PASS)
    return figure(result.measured, result.unit) + (f" ({part})" if part and telling else "")


def limit(value: float | None, unit: str) -> str:
    """Write a limit: `< 300 s` where it must not be reached, `at most 1 step` or `none` where things are counted."""
    if value is None:
        return "no figure"
    if unit in CONTINUOUS:
        return f"< {figure(value, unit)}"
    return f"at most {figure(value, unit)}" if value else f"no {unit}"


def identity(evidence: Evidence) -> list[tuple[str, str]]:
    """Name what was judged, where and when."""
    pairs = [("Commit", _commit(evidence.run))]
    if evidence.deploy:
        pairs.append(("Chart", f"{evidence.deploy.chart}, revision {evidence.deploy.revision}"))
    if evidence.build:
        judged = [image for image in evidence.build.images if image.judged]
        pairs.append(("Images", ", ".join(f"{image.name} {_short(image.image_id)}" for image in judged)))
    pairs.append(("Cluster", _cluster(evidence.machine) if evidence.machine else evidence.run.cluster))
    pairs.append(("Started", evidence.run.started_at or "not known"))
    took = "not known: the run died" if evidence.run.duration_s is None else duration(evidence.run.duration_s)
    return [*pairs, ("Took", took), ("Run", evidence.run.id)]


def _commit(run: Run) -> str:
    if run.commit is None:
        return "not a git checkout"
    return run.commit[:12] + (" with uncommitted changes" if run.dirty else "")


def _cluster(machine: Machine) -> str:
    memory = f"{machine.memory_bytes / 1024**3:.0f} GiB"
    return (
        f"{machine.provider} {machine.context}, Kubernetes {machine.kubernetes}, {machine.runtime}, "
        f"{figure(machine.nodes, 'nodes')}, {figure(machine.cpus, 'CPUs')}, {memory}"
    )


def _short(image_id: str) -> str:
    return image_id.removeprefix("sha256:")[:12]


def cleanup(evidence: Evidence) -> str:
    """Say in one sentence what became of what the run made."""
    proof = evidence.cleanup
    if proof is None:
        return "not recorded: the run ended before it"
    left = f"{len(proof.leftovers)} left behind" + (f": {', '.join(proof.leftovers)}" if proof.leftovers else "")
    if proof.uid is None:
        return f"no namespace was made; {left}"
    namespace = f"namespace {proof.namespace} (UID {proof.uid})"
    if proof.kept:
        return f"{namespace} is kept {proof.kept}; {left}"
    gone = "was not seen gone" if proof.gone_after_s is None else f"gone after {duration(proof.gone_after_s)}"
    return f"{namespace} {gone}; {left}"
