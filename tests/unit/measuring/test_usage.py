"""Joining cgroup readings with pod specs and with metrics.k8s.io."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from pytest_todo_k8s.measurements import UsageSample
from pytest_todo_k8s.measuring.cgroups import Readings
from pytest_todo_k8s.measuring.usage import (
    Container,
    add_metrics,
    container_usage,
    disagreement,
    duration_s,
    running_containers,
)

START = dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC)
NOW = START + dt.timedelta(seconds=65)
CONTAINER = Container("todo-backend-1", "todo-backend", "backend", "abc", 0.5, 512 * 1024**2, 0.1, 128 * 1024**2)


def pod(**status: Any) -> dict[str, Any]:
    resources = {
        "limits": {"cpu": "500m", "memory": "512Mi", "ephemeral-storage": "1Gi"},
        "requests": {"cpu": "100m", "memory": "128Mi"},
    }
    return {
        "metadata": {"name": "todo-backend-1", "labels": {"app": "todo-backend"}},
        "spec": {"containers": [{"name": "backend", "resources": resources}, {"name": "bare"}]},
        "status": status,
    }


def test_running_containers_with_their_resources() -> None:
    statuses = [
        {"name": "backend", "containerID": "containerd://abc", "state": {"running": {}}},
        {"name": "bare", "containerID": "docker://def", "state": {"running": {}}},
    ]
    assert running_containers([pod(containerStatuses=statuses)], "app") == [
        CONTAINER,
        Container("todo-backend-1", "todo-backend", "bare", "def", None, None),
    ]


def test_what_does_not_run_is_left_out() -> None:
    waiting = {"name": "backend", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    ended = {"name": "bare", "containerID": "containerd://x", "state": {"terminated": {"exitCode": 0}}}
    assert (
        running_containers([pod(), pod(containerStatuses=None), pod(containerStatuses=[waiting, ended])], "app") == []
    )


@pytest.mark.parametrize(
    ("asked", "enforced", "counts"),
    [
        ((0.5, 100), (0.5, 100), (0.5, 100)),
        ((0.5, 200), (0.4, 100), (0.4, 100)),
        ((0.5, 100), (None, None), (None, None)),
    ],
)
def test_a_limit_counts_where_spec_and_cgroup_have_it(
    asked: tuple[float, int], enforced: tuple[float, int], counts: tuple[float, int]
) -> None:
    container = Container("p", "a", "c", "id", *asked)
    readings = Readings(1, *enforced, [UsageSample(at_s=1, cpu_s=2, working_set_bytes=3)], "it ended")
    usage = container_usage(container, readings, 40)
    assert (usage.cpu_limit_cores, usage.memory_limit_bytes) == counts
    assert (usage.samples[0].at_s, usage.samples_reason) == (41, "it ended")
    assert (disagreement(container, readings) is None) == (asked == enforced)


def test_of_a_container_that_was_not_read_the_limits_are_the_specs() -> None:
    usage = container_usage(CONTAINER, Readings(reason="no reader works in it"), 40)
    assert (usage.cpu_limit_cores, usage.memory_limit_bytes) == (0.5, 512 * 1024**2)
    assert (usage.cpu_request_cores, usage.memory_request_bytes) == (0.1, 128 * 1024**2)
    assert (usage.samples, usage.samples_reason) == ([], "no reader works in it")


def metrics(timestamp: str) -> list[dict[str, Any]]:
    container = {"name": "backend", "usage": {"cpu": "17288476n", "memory": "67964Ki"}}
    return [
        {
            "metadata": {"name": "todo-backend-1"},
            "timestamp": timestamp,
            "window": "1m0.5s",
            "containers": [container],
        }
    ]


def test_a_sample_of_the_load_with_its_age() -> None:
    usage = add_metrics(container_usage(CONTAINER, Readings(), 0), metrics("2026-11-23T16:00:30Z"), START, NOW)
    assert usage.metrics_reason is None
    assert usage.metrics_api is not None
    assert (usage.metrics_api.age_s, usage.metrics_api.window_s) == (35, 60.5)
    assert usage.metrics_api.cpu_cores == pytest.approx(0.017288476)
    assert usage.metrics_api.memory_bytes == 67964 * 1024


@pytest.mark.parametrize(
    ("pods", "reason"),
    [
        (metrics("2026-11-23T15:59:30Z"), "the newest sample was taken 30 s before the load began"),
        ([], "metrics.k8s.io has no sample of this container yet"),
    ],
)
def test_no_sample_of_the_load(pods: list[dict[str, Any]], reason: str) -> None:
    usage = add_metrics(container_usage(CONTAINER, Readings(), 0), pods, START, NOW)
    assert (usage.metrics_api, usage.metrics_reason) == (None, reason)


@pytest.mark.parametrize(("text", "seconds"), [("15s", 15), ("1m0.5s", 60.5), ("1h2m3s", 3723), ("250ms", 0.25)])
def test_durations(text: str, seconds: float) -> None:
    assert duration_s(text) == pytest.approx(seconds)
