from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap.machine import Machine

if TYPE_CHECKING:
    from pathlib import Path


def proc(folder: Path, bounding: str) -> Path:
    (folder / "proc" / "self").mkdir(parents=True)
    (folder / "proc" / "self" / "status").write_text(f"Name:\tx\nCapBnd:\t{bounding}\n", encoding="ascii")
    (folder / "proc" / "meminfo").write_text("MemTotal:       24682036 kB\nMemFree: 1 kB\n", encoding="ascii")
    return folder


@pytest.mark.parametrize(("bounding", "granted"), [("000001fffeffffff", False), ("000001ffffffffff", True)])
def test_bit_24_of_the_bounding_set_is_the_capability(tmp_path: Path, bounding: str, granted: bool) -> None:
    assert Machine.read(proc(tmp_path, bounding)).grants_sys_resource is granted


def test_memory_and_systemd(tmp_path: Path) -> None:
    folder = proc(tmp_path, "0")
    assert (Machine.read(folder).memory_mb, Machine.read(folder).systemd) == (24_103, False)
    (folder / "run" / "systemd" / "system").mkdir(parents=True)
    assert Machine.read(folder).systemd


def test_this_machine_can_be_read() -> None:
    here = Machine.read()
    assert here.cpus >= 1
    assert here.memory_mb > 0
