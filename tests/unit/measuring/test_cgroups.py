"""The node's reader on recorded cgroup trees of both versions."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.measuring.cgroups import Readings, command, parse

if TYPE_CHECKING:
    from pathlib import Path

BACKEND, FRONTEND = "b" * 64, "f" * 64
V1 = {
    "cpu,cpuacct/kubepods/burstable/pod1/{id}": {
        "cpu.cfs_quota_us": "50000\n",
        "cpu.cfs_period_us": "100000\n",
        "cpu.stat": "nr_periods 1399\nnr_throttled 10\nthrottled_time 812345678\n",
        "cpuacct.usage": "2271104037\n",
    },
    "memory/kubepods/burstable/pod1/{id}": {
        "memory.limit_in_bytes": "536870912\n",
        "memory.usage_in_bytes": "49709056\n",
        "memory.stat": "cache 0\ninactive_file 1\ntotal_inactive_file 4096\ntotal_active_file 8\n",
    },
    "pids/kubepods/burstable/pod1/{id}": {"pids.current": "3\n"},
}
V2 = {
    "kubelet.slice/kubelet-kubepods.slice/cri-containerd-{id}.scope": {
        "cpu.max": "50000 100000\n",
        "cpu.stat": "usage_usec 2271104\nuser_usec 1\nnr_periods 7\nnr_throttled 2\n",
        "memory.current": "49709056\n",
        "memory.max": "536870912\n",
        "memory.stat": "anon 1\nfile 2\ninactive_file 4096\n",
    },
}
Tree = dict[str, dict[str, str]]


def make(root: Path, tree: Tree, container: str, **changes: str) -> None:
    for folder, files in tree.items():
        place = root / folder.format(id=container)
        place.mkdir(parents=True)
        for name, text in files.items():
            (place / name).write_text(changes.get(name.replace(".", "_"), text))


def read(root: Path, *containers: str, readings: int = 1) -> dict[str, Readings]:
    argv = command(containers, readings, str(root))
    # A test starts the reader itself: on the node it is the provider's command that does.
    output = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True)
    assert output.stderr == ""
    return parse(output.stdout.splitlines())


@pytest.mark.parametrize(("tree", "version", "cpu_s"), [(V1, 1, 2.271104037), (V2, 2, 2.271104)])
def test_both_versions(tmp_path: Path, tree: Tree, version: int, cpu_s: float) -> None:
    make(tmp_path, tree, BACKEND)
    readings = read(tmp_path, BACKEND)[BACKEND]
    assert (readings.version, readings.cpu_limit_cores, readings.memory_limit_bytes) == (version, 0.5, 512 * 1024**2)
    (sample,) = readings.samples
    assert sample.at_s == 0
    assert sample.cpu_s == pytest.approx(cpu_s)
    assert sample.working_set_bytes == 49709056 - 4096
    assert (sample.periods, sample.throttled_periods) == ((1399, 10) if version == 1 else (7, 2))


@pytest.mark.parametrize(
    ("tree", "changes"),
    [
        (V1, {"cpu_cfs_quota_us": "-1\n", "memory_limit_in_bytes": "9223372036854771712\n"}),
        (V2, {"cpu_max": "max 100000\n", "memory_max": "max\n"}),
    ],
)
def test_no_limits(tmp_path: Path, tree: Tree, changes: dict[str, str]) -> None:
    make(tmp_path, tree, BACKEND, **changes)
    readings = read(tmp_path, BACKEND)[BACKEND]
    assert (readings.cpu_limit_cores, readings.memory_limit_bytes) == (None, None)
    assert len(readings.samples) == 1


def test_two_containers_read_twice_a_second_apart_and_one_that_is_not_there(tmp_path: Path) -> None:
    make(tmp_path, V1, BACKEND)
    make(tmp_path, V1, FRONTEND)
    found = read(tmp_path, BACKEND, "0" * 64, FRONTEND, readings=2)
    assert found["0" * 64] == Readings()
    for container in (BACKEND, FRONTEND):
        first, second = found[container].samples
        assert second.at_s - first.at_s == pytest.approx(1, abs=0.5)


def test_a_kernel_without_throttling_counters(tmp_path: Path) -> None:
    make(tmp_path, V2, BACKEND, cpu_stat="usage_usec 5\n")
    (sample,) = read(tmp_path, BACKEND)[BACKEND].samples
    assert (sample.periods, sample.throttled_periods) == (None, None)


def test_lines_that_are_not_readings_are_left_out() -> None:
    lines = [
        "limits a 1 50000 100000 536870912",
        "use a 100.50 1000000000 2000 500 - -",
        "use a 101.50 - - - - -",
        "use a 102.50 200",
        "use stranger 102.50 1 1 1 1 1",
        "Warning: something else",
        "use a 103.00 2000000000 100 500 - -",
    ]
    readings = parse(lines)["a"]
    assert [(each.at_s, each.cpu_s, each.working_set_bytes) for each in readings.samples] == [(0, 1, 1500), (2.5, 2, 0)]
