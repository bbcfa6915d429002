"""Open loop, early end and calibration of a series."""

from __future__ import annotations

import threading
import time

import pytest

from pytest_todo_k8s.measuring.sampling import LOOKS
from pytest_todo_k8s.measuring.series import CALIBRATIONS, WARMUPS, Pace, open_loop, take, threads

FAST = Pace(limit_s=0.5, interval_s=0.002, timeout_s=0.02)


@pytest.fixture(autouse=True)
def quick_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_todo_k8s.measuring.series.CALIBRATION_INTERVAL_S", 0.001)


def test_a_good_series_ends_at_the_first_look() -> None:
    series = take(lambda: None, FAST)
    assert len(series.warmup) == WARMUPS
    assert len(series.samples) == LOOKS[0]
    assert len(series.calibration_s) == 2 * CALIBRATIONS


def test_a_broken_series_ends_at_the_first_look_too() -> None:
    series = take(lambda: "status 500", FAST)
    assert len(series.samples) == LOOKS[0]
    assert {sample.error for sample in series.samples} == {"status 500"}


def test_an_open_question_takes_more_samples() -> None:
    lock, count = threading.Lock(), 0

    def sometimes_wrong() -> str | None:
        nonlocal count
        with lock:
            count += 1
            return "wrong" if count in (WARMUPS + 1, WARMUPS + 2) else None

    assert len(take(sometimes_wrong, FAST).samples) == LOOKS[2]


def test_latency_counts_from_the_time_of_sending() -> None:
    # One thread and actions of 20 ms every 5 ms: each one waits for all before it.
    with threads(1) as pool:
        timings = open_loop(pool, [lambda: time.sleep(0.02)], 5, 0.005)
    assert [timing.duration_s for timing in timings] == sorted(timing.duration_s for timing in timings)
    assert timings[-1].duration_s > 0.07


def test_enough_threads_let_no_action_wait() -> None:
    pace = Pace(limit_s=1, interval_s=0.01, timeout_s=0.05)
    assert pace.workers == 6
    together = threading.Barrier(pace.workers, timeout=5)
    with threads(pace.workers) as pool:
        timings = open_loop(pool, [lambda: None if together.wait() >= 0 else "alone"], pace.workers, pace.interval_s)
    assert [timing.error for timing in timings] == [None] * pace.workers


def test_rates_that_were_asked_and_reached() -> None:
    assert FAST.rates(59, 0.1) == {"asked_per_s": 500.0, "reached_per_s": 500.0}
    assert FAST.rates(59, 0.59) == {"asked_per_s": 500.0, "reached_per_s": pytest.approx(100.0)}
    assert FAST.rates(0, 0.0)["reached_per_s"] == 0.0
    assert take(lambda: None, FAST).sampling_s > 0.0


def test_actions_are_sent_in_turn() -> None:
    with threads(1) as pool:
        timings = open_loop(pool, [lambda: None, lambda: "b"], 5, 0)
    assert [timing.error for timing in timings] == [None, "b", None, "b", None]


def test_an_interrupt_leaves_no_work_behind() -> None:
    done: list[int] = []

    def work(number: int) -> None:
        time.sleep(0.01)
        done.append(number)

    def interrupted() -> None:
        with threads(1) as pool:
            for number in range(100):
                pool.submit(work, number)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(done) < 100
