"""A signal in the moment in which a child is started: it takes effect, and there is no child that nobody knows of."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from typing import Any

import pytest

from pytest_todo_k8s.signals import ENDING
from pytest_todo_k8s.tools import child, processes
from pytest_todo_k8s.tools.command import CommandRunner


def test_a_ctrl_c_while_a_child_is_started_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    begin, started = subprocess.Popen, list[subprocess.Popen[bytes]]()

    def popen(*words: Any, **options: Any) -> Any:
        process = begin(*words, **options)
        started.append(process)
        signal.raise_signal(signal.SIGINT)
        return process

    monkeypatch.setattr(subprocess, "Popen", popen)
    with pytest.raises(KeyboardInterrupt):
        CommandRunner({"PATH": os.defpath}).run(["sleep", "60"], timeout_s=70)
    (process,) = started
    child.close(process)
    assert processes.find(process.pid) is None


@pytest.mark.parametrize("number", ENDING)
def test_signals_wait_for_the_end_of_the_block_and_handlers_come_back(number: signal.Signals) -> None:
    done: list[str] = []
    before = signal.signal(number, lambda _number, _frame: done.append("handled"))
    try:
        with child.unbroken():
            signal.raise_signal(number)
            done.append("block")
        assert done == ["block", "handled"]
        signal.raise_signal(number)
        assert done == ["block", "handled", "handled"]
    finally:
        signal.signal(number, before)


def test_what_ends_a_process_at_once_still_does() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with child.unbroken():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_it_does_nothing() -> None:
    before, seen = signal.getsignal(signal.SIGINT), list[object]()

    def look() -> None:
        with child.unbroken():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]
