"""The measure phase of the hand-made run: latencies, first paints, and what the containers used under the load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.measurements import (
    ContainerUsage,
    Latency,
    Load,
    Measure,
    MetricsSample,
    Page,
    PageAsset,
    Paint,
    Sample,
    UsageSample,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def series(count: int = 59, *, slow: int = 0, limit_s: float = 1.0, base_s: float = 0.008) -> list[Sample]:
    """Make samples of which the last `slow` ones take the limit and half of it again."""
    quick = [Sample(duration_s=base_s * (1 + (index * 7 % 13) / 10), ok=True) for index in range(count - slow)]
    return quick + [Sample(duration_s=limit_s * 1.5, ok=True) for _ in range(slow)]


def measure(pods: Mapping[str, tuple[str, str]]) -> Measure:
    return Measure(
        page=Page(
            url="http://192.168.49.2:30080/",
            status=200,
            title="Todo chatbot",
            element='[data-testid="landing"]',
            element_found=True,
            assets=[
                PageAsset(path="/_next/static/css/app.css", status=200, size_bytes=9_800, duration_s=0.004),
                PageAsset(path="/_next/static/chunks/main.js", status=200, size_bytes=120_400, duration_s=0.009),
            ],
        ),
        paint=Paint(
            url="http://127.0.0.1:30080/",
            browser="Chromium 153.0",
            samples_s=[0.05 + index / 100 for index in range(9)],
        ),
        frontend=Latency(
            target="http://127.0.0.1:30080/",
            route="NodePort on loopback",
            warmup=series(5, base_s=0.12),
            samples=series(59, base_s=0.045),
            calibration_s=[0.0004, 0.0007],
            beside={"first contentful paint": "no browser here"},
        ),
        backend=Latency(
            target="http://todo-backend-service:8080/health",
            route="pod in the cluster",
            warmup=series(5, base_s=0.02),
            samples=series(59, base_s=0.003),
            calibration_s=[0.0003, 0.0005],
            beside={"/ready p95 (s)": 0.006},
        ),
        load=Load(target="http://127.0.0.1:30080", rate_per_s=10.0, duration_s=60.0, requests=600, errors=0),
        usage=[_usage(pod, app, container) for pod, (app, container) in pods.items() if app != "todo-migrate"],
        usage_source="cgroup v1 on the node",
    )


def _usage(pod: str, app: str, container: str) -> ContainerUsage:
    samples, cpu = [], 4.0
    for second in range(62):
        cpu += 0.05 + 0.09 * (second * 5 % 11) / 10
        memory = 96_000_000 + 350_000 * second
        samples.append(
            UsageSample(
                at_s=170.0 + second,
                cpu_s=round(cpu, 3),
                working_set_bytes=memory,
                throttled_periods=second // 20,
                periods=second * 10,
            )
        )
    return ContainerUsage(
        pod=pod,
        app=app,
        container=container,
        cpu_limit_cores=0.5,
        memory_limit_bytes=512 * 1024**2,
        samples=samples,
        metrics_api=MetricsSample(
            timestamp="2026-11-23T15:49:51Z", window_s=15.0, age_s=12.0, cpu_cores=0.09, memory_bytes=104_000_000
        ),
    )
