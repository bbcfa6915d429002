"""A child process that leads a session of its own: waiting for it, and ending it with everything that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from typing import IO, TYPE_CHECKING, Final

from pytest_todo_k8s.signals import ENDING
from pytest_todo_k8s.tools import processes

if TYPE_CHECKING:
    from collections.abc import Iterator

STOP_POLL_S: Final = 0.05
"""How often a wait that another thread may stop looks whether it has to."""
GONE_POLL_S: Final = 0.02
"""How often the end of what a child left is looked for."""
KILLED_S: Final = 2.0
"""Seconds that killed processes get until they are gone."""


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Let no signal break the block off; one that comes meanwhile takes effect at its end.

    A Ctrl-C while a child is started would raise when there is a child and nobody who knows of it.
    """
    if threading.current_thread() is not threading.main_thread():  # signals are handled in that one alone
        yield
        return
    came: list[int] = []
    with contextlib.ExitStack() as stack:
        stack.callback(_raise_again, came)
        for number in ENDING:
            handler = signal.getsignal(number)
            if callable(handler):
                stack.callback(signal.signal, number, handler)
                signal.signal(number, lambda number, _frame: came.append(number))
        yield


def _raise_again(numbers: list[int]) -> None:
    for number in numbers:
        signal.raise_signal(number)


def feed(stream: IO[bytes] | None, data: bytes) -> None:
    """Write a child's whole input and close it; a child that reads no further is no error."""
    if stream:
        with contextlib.suppress(BrokenPipeError), stream:
            stream.write(data)


def wait(
    process: subprocess.Popen[bytes], deadline_s: float, grace_s: float, stop: threading.Event | None = None
) -> bool:
    """Wait for the end until the monotonic deadline, then end it; return whether that was needed."""
    try:
        while stop and not stop.is_set() and time.monotonic() < deadline_s and process.poll() is None:
            stop.wait(STOP_POLL_S)
        process.wait(0.0 if stop and stop.is_set() else max(0.0, deadline_s - time.monotonic()))
    except subprocess.TimeoutExpired:
        end(process, grace_s)
        return not (stop and stop.is_set())
    except BaseException:  # Ctrl-C while waiting: no child may be left behind
        end(process, grace_s)
        raise
    return False


def end(process: subprocess.Popen[bytes], grace_s: float) -> None:
    """End a process and what it started in its process group: SIGTERM, to what is left after the grace SIGKILL."""
    if process.poll() is not None:
        return
    _signal_group(process.pid, signal.SIGTERM)
    if not _gone(process, grace_s):
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()
        _gone(process, KILLED_S)


def _gone(process: subprocess.Popen[bytes], limit_s: float) -> bool:
    """Wait until the process and the rest of its group are gone, or the time is over; return whether they are."""
    deadline = time.monotonic() + limit_s
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(limit_s)
    while processes.in_group(process.pid):
        if time.monotonic() >= deadline:
            return False
        time.sleep(GONE_POLL_S)
    return True


def close(process: subprocess.Popen[bytes]) -> None:
    """Close the streams of a process that nobody reads."""
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
