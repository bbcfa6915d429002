from __future__ import annotations

import pytest

from pytest_todo_k8s.criteria.criterion import Unjudged
from pytest_todo_k8s.criteria.usage import cpu_shares, memory_shares, throttled_share
from pytest_todo_k8s.measurements import ContainerUsage, UsageSample


def usage(*readings: tuple[float, float]) -> ContainerUsage:
    """A container with half a core and 200 bytes; readings are (seconds, cumulative CPU seconds)."""
    samples = [UsageSample(at_s=at, cpu_s=cpu, working_set_bytes=100) for at, cpu in readings]
    return ContainerUsage(pod="p", app="a", container="c", cpu_limit_cores=0.5, memory_limit_bytes=200, samples=samples)


def test_a_window_is_five_seconds_long_and_slides() -> None:
    steady = usage(*((float(second), second * 0.25) for second in range(11)))
    assert cpu_shares(steady) == [(float(end), 0.5) for end in range(5, 11)]


def test_a_peak_is_averaged_over_its_window() -> None:
    burst = usage(*((float(second), 0.0 if second < 8 else 0.5) for second in range(16)))
    assert max(share for _, share in cpu_shares(burst)) == pytest.approx(0.5 / 5 / 0.5)


def test_irregular_readings_use_the_shortest_window_that_is_long_enough() -> None:
    windows = cpu_shares(usage((0, 0), (1, 0), (4, 1), (9.5, 2), (9.6, 2.05)))
    assert [end for end, _ in windows] == [9.5, 9.6]
    assert [share for _, share in windows] == pytest.approx([1 / 5.5 / 0.5, 1.05 / 5.6 / 0.5])


def test_less_than_a_window_is_no_figure() -> None:
    with pytest.raises(Unjudged, match="less than 5 s"):
        cpu_shares(usage((0, 0), (4.9, 1)))
    with pytest.raises(Unjudged, match="less than 5 s"):
        cpu_shares(usage())


def test_it_is_said_why_there_is_no_figure() -> None:
    silent = usage()
    silent.samples_reason = "no reader works in it"
    with pytest.raises(Unjudged, match="was read for less than 5 s: no reader works in it"):
        cpu_shares(silent)


def test_without_a_limit_there_is_no_share() -> None:
    unlimited = usage((0, 0), (6, 1))
    unlimited.cpu_limit_cores = unlimited.memory_limit_bytes = None
    with pytest.raises(ValueError, match="CPU limit"):
        cpu_shares(unlimited)
    with pytest.raises(ValueError, match="memory limit"):
        memory_shares(unlimited)


def test_memory_is_a_share_of_its_limit() -> None:
    assert memory_shares(usage((1, 0))) == [(1.0, 0.5)]


def test_throttling_is_the_difference_of_the_counters() -> None:
    samples = usage((0, 0), (1, 0), (2, 0)).samples
    assert throttled_share(samples) is None
    for sample, (throttled, periods) in zip(samples, [(5, 100), (6, 110), (10, 150)], strict=True):
        sample.throttled_periods, sample.periods = throttled, periods
    assert throttled_share(samples) == 0.1
    assert throttled_share(samples[:1]) is None
    samples[2].periods = 100
    assert throttled_share([samples[0], samples[2]]) == 0.0
