from __future__ import annotations

from app.metrics import Metrics

POOL = {"open": 2, "idle": 1, "waiting": 0}


def test_exposition_is_the_prometheus_text_format() -> None:
    metrics = Metrics()
    metrics.request("GET", "/api/tasks", 200, 0.02)
    metrics.request("GET", "/api/tasks", 401, 0.3)
    metrics.request("GET", "/api/tasks", 200, 99.0)
    lines = metrics.exposition(POOL).splitlines()
    assert 'http_requests_total{method="GET",route="/api/tasks",status="200"} 2' in lines
    assert 'http_requests_total{method="GET",route="/api/tasks",status="401"} 1' in lines
    prefix = 'http_request_duration_seconds_bucket{method="GET",route="/api/tasks",le='
    assert [line.removeprefix(prefix) for line in lines if line.startswith(prefix)] == [
        '"0.005"} 0',
        '"0.01"} 0',
        '"0.025"} 1',
        '"0.05"} 1',
        '"0.1"} 1',
        '"0.25"} 1',
        '"0.5"} 2',
        '"1"} 2',
        '"2.5"} 2',
        '"5"} 2',
        '"10"} 2',
        '"+Inf"} 3',
    ]
    assert 'http_request_duration_seconds_sum{method="GET",route="/api/tasks"} 99.320000' in lines
    assert 'http_request_duration_seconds_count{method="GET",route="/api/tasks"} 3' in lines
    assert 'db_pool_connections{state="open"} 2' in lines


def test_each_family_is_typed_once_and_the_text_ends_with_a_newline() -> None:
    text = Metrics().exposition(POOL)
    assert text.endswith("\n")
    types = [line.split()[2:] for line in text.splitlines() if line.startswith("# TYPE")]
    assert types == [
        ["http_requests_total", "counter"],
        ["http_request_duration_seconds", "histogram"],
        ["chat_turns_total", "counter"],
        ["model_calls_total", "counter"],
        ["db_pool_connections", "gauge"],
    ]
