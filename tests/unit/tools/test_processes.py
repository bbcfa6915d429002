from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.tools import processes
from pytest_todo_k8s.tools.command import BackgroundCommand, CommandRunner
from pytest_todo_k8s.tools.processes import RUN_VARIABLE, Process

if TYPE_CHECKING:
    from collections.abc import Iterator

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"


@pytest.fixture
def child() -> Iterator[BackgroundCommand]:
    command = CommandRunner({**os.environ, RUN_VARIABLE: "run-of-this-test"}).start(["sleep", "60"])
    yield command
    command.stop()


def test_this_process_lives() -> None:
    me = processes.current()
    assert me.pid == os.getpid()
    assert me.alive


def test_pid_with_another_start_time_is_another_process() -> None:
    me = processes.current()
    assert not Process(me.pid, f"1{me.start}").alive


def test_child_is_found_by_the_run_in_its_environment(child: BackgroundCommand) -> None:
    deadline = time.monotonic() + 5
    while not (found := [process.pid for process in processes.of_run("run-of-this-test")]):
        assert time.monotonic() < deadline
    assert found == [child.pid]
    assert list(processes.of_run("run-of-this")) == []


def test_ended_process_is_gone_even_as_a_zombie(child: BackgroundCommand) -> None:
    process = processes.find(child.pid)
    assert process
    assert processes.end(process)
    assert not process.alive
    assert processes.end(process)


def test_what_ignores_sigterm_is_killed() -> None:
    command = CommandRunner(os.environ).start([sys.executable, "-IS", "-c", STUBBORN])
    deadline = time.monotonic() + 10
    while not command.lines and time.monotonic() < deadline:
        time.sleep(0.01)
    process = processes.find(command.pid)
    assert process
    assert processes.end(process, grace_s=0.2)
    assert command.stop() == -signal.SIGKILL


def test_process_that_is_not_there() -> None:
    assert processes.find(2**22 + 1) is None
    assert processes.end(Process(2**22 + 1, "0@x"))
