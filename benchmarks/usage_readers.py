"""Measures what SC-008's reader costs where it runs in the containers, on a deployment that a run has left.

    pytest --todo-cluster=minikube --todo-only=SC-003 --todo-keep=always tests/acceptance
    python -m benchmarks.usage_readers [--namespace todo-app-dev] [--seconds 60]
    todo-k8s reap RUN_ID

Nothing is asked of the application meanwhile. The containers are read on the node twice: alone, and while a process in
each container reads as well. What the second time is above the first is the use of that process. The two readers' own
figures of the same time stand beside each other, too: they must agree.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_todo_k8s.assistants.workbench import workbench
from pytest_todo_k8s.cluster.kubectl import kubectl
from pytest_todo_k8s.measuring.exec_reader import ExecReader
from pytest_todo_k8s.measuring.node_reader import NodeReader
from pytest_todo_k8s.measuring.usage import running_containers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.measuring.cgroups import Readings
    from pytest_todo_k8s.measuring.usage import Container
    from pytest_todo_k8s.measuring.window import Place, Reader

SPARE_S = 30.0


def read(readers: Sequence[Reader], containers: Sequence[Container], seconds: int) -> list[dict[str, Readings]]:
    """Return what each reader read; they begin and end at about the same time."""
    try:
        for reader in readers:
            reader.start(containers, seconds + 1)
        for reader in readers:
            reader.wait(time.monotonic() + seconds + SPARE_S)
    finally:
        for reader in readers:
            reader.stop()
    return [reader.found() for reader in readers]


def use(readings: Readings) -> tuple[float, float]:
    """Return mean CPU (thousandths of a core) and median working set (MiB)."""
    samples = readings.samples
    cpu = (samples[-1].cpu_s - samples[0].cpu_s) / (samples[-1].at_s - samples[0].at_s)
    return cpu * 1000, statistics.median(each.working_set_bytes for each in samples) / 1024**2


def compare(place: Place, seconds: int) -> None:
    """Measure and print a table."""
    selector = f"{place.application.label} in ({', '.join(place.application.apps.values())})"
    pods = place.kube.items(f"/api/v1/namespaces/{place.namespace}/pods", labelSelector=selector)
    containers = running_containers(pods, place.application.label)
    (alone,) = read([NodeReader(place.cluster)], containers, seconds)
    inside = ExecReader(place.commands, kubectl(place.toolchain, place.cluster, place.namespace))
    within, beside = read([inside, NodeReader(place.cluster)], containers, seconds)
    print(f"{len(containers)} containers, {seconds} s without load, {inside.told(containers)}")
    print("| Container | On the node, alone | On the node, with the reader in it | Its use | What it read itself |")
    print("|---|---|---|---|---|")
    for each in containers:
        before, after = use(alone[each.id]), use(beside[each.id])
        cells = [f"{each.pod}/{each.name}", told(before), told(after)]
        if within[each.id].samples:
            cells += [told((after[0] - before[0], after[1] - before[1])), told(use(within[each.id]))]
        else:
            cells += ["", f"nothing: {within[each.id].reason}"]
        print(f"| {' | '.join(cells)} |")


def told(figures: tuple[float, float]) -> str:
    """Write CPU and memory as Kubernetes does."""
    return f"{figures[0]:.1f} m, {figures[1]:.1f} MiB"


def main() -> None:
    """Find the deployment and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--namespace", default="todo-app-dev")
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as out,
        workbench(os.environ, Path.cwd(), namespace=asked.namespace, out=out, cluster=None) as bench,
    ):
        compare(bench.place, asked.seconds)


if __name__ == "__main__":
    main()
