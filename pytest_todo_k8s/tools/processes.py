"""Which process is which: a process id alone is reused, with its start time it names one process for ever."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

RUN_VARIABLE: Final = "TODO_K8S_RUN_ID"
"""Set in the environment of every child of a run, so that its processes can be found whatever happened to the run."""
_PROC: Final = Path("/proc")
_STATE, _GROUP, _START = 0, 2, 19
"""Places of state, process group and start time (proc(5): fields 3, 5 and 22) behind the command's name."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process of this host, for ever.

    Attributes:
        pid: Process id.
        start: Its start time in clock ticks and the id of the boot it counts from, as `ticks@boot`.
    """

    pid: int
    start: str

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        return find(self.pid) == self


def find(pid: int) -> Process | None:
    """Return the process that has `pid` now, or None: there is none, or only a zombie."""
    fields = _running(pid)
    return Process(pid, f"{fields[_START]}@{_boot()}") if fields else None


def current() -> Process:
    """Return this process.

    Raises:
        RuntimeError: The system has no /proc.
    """
    process = find(os.getpid())
    if process is None:
        raise RuntimeError("this system has no /proc: process start times can't be read")
    return process


def of_run(run_id: str) -> Iterator[Process]:
    """Yield the processes of this user that a run started, found by `RUN_VARIABLE` in their environment."""
    wanted = f"{RUN_VARIABLE}={run_id}".encode()
    for folder in _PROC.iterdir():
        if not folder.name.isdecimal() or int(folder.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            process = find(int(folder.name))
            if process and wanted in (folder / "environ").read_bytes().split(b"\0"):
                yield process


def in_group(group: int) -> bool:
    """Return whether a process of the group still runs, its leader or what that started and left; a zombie does not."""
    pids = (int(folder.name) for folder in _PROC.iterdir() if folder.name.isdecimal())
    return any(fields[_GROUP] == str(group) for pid in pids if (fields := _running(pid)))


def end(process: Process, grace_s: float = 5.0) -> bool:
    """End a process (SIGTERM, after `grace_s` seconds SIGKILL); return whether it is gone."""
    return _signal(process, signal.SIGTERM, grace_s) or _signal(process, signal.SIGKILL, 2.0)


def _signal(process: Process, number: signal.Signals, wait_s: float) -> bool:
    """Send a signal and wait until the process is gone or the time is over; return whether it is gone."""
    deadline = time.monotonic() + wait_s
    if process.alive:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, number)
    while find(process.pid) == process:
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def _running(pid: int) -> list[str]:
    """Return the fields of a process's stat file behind its name; empty: there is no process, or only a zombie."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    # The command's name stands in parentheses and may hold spaces and parentheses itself.
    fields = stat.rpartition(")")[2].split()
    return [] if fields[_STATE] in "ZX" else fields


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
