from __future__ import annotations

from typing import Any

import yaml

from pytest_todo_k8s.analysis.results import Utilisation
from pytest_todo_k8s.analysis.rightsizing import as_yaml, recommend
from pytest_todo_k8s.analysis.utilisation import percentile, summarise, verdict
from pytest_todo_k8s.measurements import ContainerUsage, UsageSample

MI = 1024**2


def use(window: str = "load", **changes: Any) -> Utilisation:
    values: dict[str, Any] = {
        "app": "todo-backend",
        "pod": "p",
        "container": "backend",
        "window": window,
        "seconds": 60.0,
        "cpu_p95_cores": 0.201,
        "cpu_peak_cores": 0.5,
        "memory_p95_bytes": 100 * MI,
        "memory_peak_bytes": 110 * MI,
        "cpu_request_cores": 0.1,
        "cpu_limit_cores": 0.5,
        "memory_request_bytes": 128 * MI,
        "memory_limit_bytes": 512 * MI,
    }
    return Utilisation.model_validate(values | changes)


def figures(*uses: Utilisation) -> dict[str, str]:
    return {f"{each.kind} {each.resource}": each.proposed for each in recommend(uses)}


def test_figures_follow_the_rule() -> None:
    assert figures(use()) == {
        "requests cpu": "250m",  # 201 x 1.2 = 241.2
        "limits cpu": "750m",  # peak 500 x 1.5 beats 2 x 250
        "requests memory": "128Mi",  # 100 x 1.2 = 120
        "limits memory": "256Mi",  # 2 x 128 beats 165
    }


def test_floors() -> None:
    quiet = use(cpu_p95_cores=0.001, cpu_peak_cores=0.002, memory_p95_bytes=MI, memory_peak_bytes=MI)
    assert list(figures(quiet).values()) == ["50m", "250m", "64Mi", "128Mi"]
    assert "below the floor of 250m" in recommend([quiet])[1].reason


def test_the_busiest_pod_and_window_count() -> None:
    assert figures(use(), use(pod="q", cpu_p95_cores=0.4), use("idle", memory_peak_bytes=400 * MI)) == {
        "requests cpu": "480m",
        "limits cpu": "960m",
        "requests memory": "128Mi",
        "limits memory": "608Mi",
    }


def test_without_a_load_there_is_no_recommendation() -> None:
    assert recommend([use("idle")]) == []


def test_the_file_holds_the_figures_and_the_reasons() -> None:
    text = as_yaml(recommend([use()]), "from a test")
    assert yaml.safe_load(text) == {
        "backend": {
            "resources": {
                "requests": {"cpu": "250m", "memory": "128Mi"},
                "limits": {"cpu": "750m", "memory": "256Mi"},
            }
        }
    }
    assert "cpu: 250m  # p95 201m x 1.2, rounded up to 10m; was 100m" in text


def test_verdict() -> None:
    assert verdict(use()) == "under 80 %"
    assert verdict(use(cpu_p95_cores=0.4)) == "over 80 %: cpu of limit"
    assert verdict(use(memory_limit_bytes=None)) == "no memory limit"


def test_summaries_never_estimate() -> None:
    samples = [UsageSample(at_s=float(s), cpu_s=s * 0.1, working_set_bytes=s * MI) for s in range(21)]
    read = ContainerUsage(
        pod="p", app="todo-x", container="c", cpu_limit_cores=1.0, memory_limit_bytes=None, samples=samples
    )
    found, missing = summarise([read, read.model_copy(update={"samples": []})], "idle")
    assert (round(found[0].cpu_p95_cores, 3), found[0].memory_p95_bytes, found[0].seconds) == (0.1, 19 * MI, 20.0)
    assert missing == ["idle: CPU use of p/c was read for less than 5 s"]


def test_percentile_by_nearest_rank() -> None:
    assert percentile([3, 1, 2], 0.95) == 3
    assert percentile(list(range(1, 101)), 0.95) == 95
