"""The sequential rule against the exact figures it promises."""

from __future__ import annotations

import pytest

from pytest_todo_k8s.measurements import Sample
from pytest_todo_k8s.measuring.sampling import (
    LOOKS,
    at_least,
    at_most,
    decide,
    interval,
    over_limit,
    stalled,
)


def share_of_passes(slow: float) -> float:
    """Exact probability that the rule passes a service of which `slow` answers are slow."""
    open_series, passed, taken = {0: 1.0}, 0.0, 0
    for look in LOOKS:
        step = look - taken
        grown: dict[int, float] = {}
        for over, weight in open_series.items():
            for more in range(step + 1):
                chance = at_most(more, step, slow) - (at_most(more - 1, step, slow) if more else 0.0)
                grown[over + more] = grown.get(over + more, 0.0) + weight * chance
        passed += sum(weight for over, weight in grown.items() if decide(over, look) == "pass")
        open_series = {over: weight for over, weight in grown.items() if decide(over, look) == "more"}
        taken = look
    return passed


COUNTS = [(59, 0, 7), (93, 1, 9), (124, 2, 11), (181, 4, 15)]
"""Samples, slow ones that are allowed, slow ones that break the promise."""


@pytest.mark.parametrize(("n", "allowed", "broken"), COUNTS)
def test_counts_at_each_look(n: int, allowed: int, broken: int) -> None:
    assert decide(allowed, n) == "pass"
    assert decide(allowed + 1, n) == ("borderline" if n == LOOKS[-1] else "more")
    assert decide(broken - 1, n) == ("borderline" if n == LOOKS[-1] else "more")
    assert decide(broken, n) == "fail"


@pytest.mark.parametrize(("slow", "passes"), [(0.01, 0.973), (0.08, 0.011), (0.05, 0.1116)])
def test_what_the_rule_lets_through(slow: float, passes: float) -> None:
    assert share_of_passes(slow) == pytest.approx(passes, abs=0.001)


def test_no_decision_between_the_looks() -> None:
    assert decide(0, 58) == "more"
    assert decide(60, 60) == "more"
    assert decide(0, 0) == "more"


@pytest.mark.parametrize(("over", "n"), [(-1, 5), (6, 5)])
def test_impossible_counts(over: int, n: int) -> None:
    with pytest.raises(ValueError, match="can't be slow"):
        decide(over, n)
    with pytest.raises(ValueError, match="can't be slow"):
        interval(over, n)


def test_bounds_without_and_with_slow_ones() -> None:
    low, high = interval(0, 59)
    assert (low, high) == pytest.approx((0.0, 1 - 0.05 ** (1 / 59)))
    low, high = interval(59, 59)
    assert (low, high) == pytest.approx((0.05 ** (1 / 59), 1.0))
    low, high = interval(4, 181)
    assert at_least(4, 181, low) == pytest.approx(0.05)
    assert at_most(4, 181, high) == pytest.approx(0.05)


def test_bounds_and_decision_agree() -> None:
    for n, allowed, broken in COUNTS:
        for over in (allowed, allowed + 1, broken - 1, broken):
            low, high = interval(over, n)
            assert (high < 0.05) == (decide(over, n) == "pass")
            assert (low > 0.05) == (decide(over, n) == "fail")


def test_slow_wrong_and_failed_ones_count() -> None:
    samples = [
        Sample(duration_s=0.2, ok=True),
        Sample(duration_s=1.0, ok=True),
        Sample(duration_s=0.1, ok=False, error="status 500"),
    ]
    assert over_limit(samples, 1.0) == 2


def test_a_stall_voids_the_series() -> None:
    assert not stalled([0.001, 0.1], 1.0)
    assert stalled([0.001, 0.11], 1.0)
    assert stalled([], 1.0)
