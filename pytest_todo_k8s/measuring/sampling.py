"""The sequential sampling rule for latency: how many samples are taken, and what they allow to say.

The promise is that fewer than 5 % of answers are slow. After 59, 93, 124 and 181 samples the exact one-sided 95 %
bounds of Clopper and Pearson (Biometrika 26, 1934) are looked at: the promise is kept once the upper bound is under
5 %, broken once the lower bound is over it, and open in between. At most 0, 1, 2 and 4 slow ones are allowed at the
four looks. Several looks cost a little of the 95 %: a service of which exactly 5 % of the answers are slow passes in
11 % of the runs. An error or a time-out counts as slow.

Sampling is void, whatever it says, when the machine itself stalled: see `stalled`.
"""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pytest_todo_k8s.measurements import Sample

LOOKS: Final = (59, 93, 124, 181)
"""Numbers of samples after which it is decided whether more are needed."""
PROMISED_SHARE: Final = 0.05
"""Share of slow answers that must not be reached."""
ERROR_RISK: Final = 0.05
"""One minus the confidence of each one-sided bound."""
STALL_SHARE: Final = 0.1
"""Share of the limit by which a no-op may be late before the series is void."""

Decision = Literal["pass", "fail", "more", "borderline"]


def decide(samples_over: int, n: int) -> Decision:
    """Decide what `n` samples say of which `samples_over` were slow, failed or timed out.

    Returns:
        `pass` or `fail` at a look (see `LOOKS`) whose bound is clear; `borderline` where the last look's is not; else
        `more`: take samples up to the next look.

    Raises:
        ValueError: The two numbers can't belong to one series.
    """
    if not 0 <= samples_over <= n:
        raise ValueError(f"{samples_over} of {n} samples can't be slow")
    if n not in LOOKS and n < LOOKS[-1]:
        return "more"
    if at_most(samples_over, n, PROMISED_SHARE) < ERROR_RISK:
        return "pass"
    if at_least(samples_over, n, PROMISED_SHARE) < ERROR_RISK:
        return "fail"
    return "more" if n < LOOKS[-1] else "borderline"


def interval(samples_over: int, n: int) -> tuple[float, float]:
    """Return the exact one-sided 95 % lower and upper bound (Clopper-Pearson) of the share of slow answers.

    Raises:
        ValueError: The two numbers can't belong to one series.
    """
    if not 0 <= samples_over <= n or n == 0:
        raise ValueError(f"{samples_over} of {n} samples can't be slow")
    low, high = 0.0, 1.0
    if samples_over > 0:
        low = _bisect(lambda share: at_least(samples_over, n, share) < ERROR_RISK)
    if samples_over < n:
        high = _bisect(lambda share: at_most(samples_over, n, share) > ERROR_RISK)
    return low, high


def over_limit(samples: Iterable[Sample], limit_s: float) -> int:
    """Count the samples that were slow (`limit_s` seconds or more) or not right."""
    return sum(1 for sample in samples if not sample.ok or sample.duration_s >= limit_s)


def stalled(calibration_s: Iterable[float], limit_s: float) -> bool:
    """Tell whether a series is void: a no-op before or after it was late by more than 10 % of the limit.

    A series without any calibration is void too: nothing shows that its times are the application's.
    """
    return max(calibration_s, default=float("inf")) > STALL_SHARE * limit_s


def at_most(over: int, n: int, share: float) -> float:
    """Probability of at most `over` slow ones among `n` when each is slow with probability `share`."""
    return sum(_exactly(count, n, share) for count in range(over + 1))


def at_least(over: int, n: int, share: float) -> float:
    """Probability of at least `over` slow ones among `n` when each is slow with probability `share`."""
    return sum(_exactly(count, n, share) for count in range(over, n + 1))


def _exactly(count: int, n: int, share: float) -> float:
    return float(comb(n, count) * share**count * (1 - share) ** (n - count))


def _bisect(below: Callable[[float], bool]) -> float:
    """Return where `below` turns from true to false between 0 and 1, to double precision."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2
