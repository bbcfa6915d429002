"""A child process that leads a session of its own: waiting for it, and ending it with everything that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    import threading

STOP_POLL_S: Final = 0.05
"""How often a wait that another thread may stop looks whether it has to."""


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
    """End a process and its session: SIGTERM, after the grace SIGKILL."""
    if process.poll() is not None:
        return
    _signal_session(process.pid, signal.SIGTERM)
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        _signal_session(process.pid, signal.SIGKILL)
        process.wait()


def close(process: subprocess.Popen[bytes]) -> None:
    """Close the streams of a process that nobody reads."""
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


def _signal_session(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
