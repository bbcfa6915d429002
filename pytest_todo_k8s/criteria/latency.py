"""Judges a latency series by the sequential sampling rule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import Finding, void
from pytest_todo_k8s.criteria.figures import figure
from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.measuring import sampling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.measurements import Latency, Sample

JUDGED_QUANTILE: Final = 0.95
_VERDICTS: Final = {"pass": Verdict.PASS, "fail": Verdict.FAIL, "borderline": Verdict.BORDERLINE}


def judge_series(series: Latency, limit_s: float) -> Finding:
    """Judge "fewer than 5 % of the answers take `limit_s` seconds or more" at the first look that decides.

    The figure is the 95th percentile in seconds of the samples up to that look.

    Raises:
        Unjudged: The host stalled, or there are too few samples for a decision.
    """
    if sampling.stalled(series.calibration_s, limit_s):
        raise void(_stall(series.calibration_s, limit_s))
    for look in sampling.LOOKS:
        samples = series.samples[:look]
        if len(samples) < look:
            break
        over = sampling.over_limit(samples, limit_s)
        decision = sampling.decide(over, look)
        if decision in _VERDICTS:
            return _finding(_VERDICTS[decision], samples, over, limit_s)
    raise void(f"{len(series.samples)} samples of {series.target} are too few to decide")


def quantile(samples: Sequence[Sample], share: float) -> float | None:
    """Return the nearest-rank quantile in seconds; None where it is a failed request, which has no time that counts."""
    if not samples:
        return None
    ordered = sorted(samples, key=lambda sample: (not sample.ok, sample.duration_s))
    sample = ordered[max(0, math.ceil(share * len(ordered)) - 1)]
    return sample.duration_s if sample.ok else None


def _finding(verdict: Verdict, samples: Sequence[Sample], over: int, limit_s: float) -> Finding:
    measured = quantile(samples, JUDGED_QUANTILE)
    low, high = sampling.interval(over, len(samples))
    p95 = "a failed request" if measured is None else figure(measured, "s")
    errors = [sample.error or "wrong answer" for sample in samples if not sample.ok]
    first = f"; {len(errors)} failed, the first: {errors[0]}" if errors else ""
    return Finding(
        verdict,
        measured,
        f"p95 {p95}; {over} of {len(samples)} requests failed or took {figure(limit_s, 's')} or more "
        f"(one-sided 95 % bounds of the share: {low * 100:.2f} % and {high * 100:.2f} %, must be under 5 %){first}",
    )


def _stall(calibration_s: Sequence[float], limit_s: float) -> str:
    if not calibration_s:
        return "the series has no calibration, so nothing shows that its times are the application's"
    return (
        f"the machine stalled for {figure(max(calibration_s), 's')} while nothing was asked of it, "
        f"more than 10 % of the limit of {figure(limit_s, 's')}"
    )
