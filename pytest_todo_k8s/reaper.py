"""The reaper: a process of its own that takes a run down when the process that owns the run dies.

It holds the read end of a pipe whose write end only the owner has, and ignores what a terminal or a CI system sends.
The owner's last word is `done`; an end without it means that the owner died. It knows no more than the run's folder:
what to take down stands in the journal there, with the marks without which nothing is deleted.

This module is what the process runs, so it imports nothing heavy before there is something to do.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s import journal
from pytest_todo_k8s.errors import TodoK8sError
from pytest_todo_k8s.tools import processes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_todo_k8s.tools.command import BackgroundCommand

MODULE: Final = "pytest_todo_k8s.reaper"
_DONE: Final = b"done"
_LOOK_S: Final = 1.0
"""Seconds between two looks at the owner itself: a copy of the pipe's end elsewhere can't hide its death for longer."""
_END_S: Final = 5.0
_PASSED_ON: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Reaper:
    """The owner's side: starts the process, and dismisses it once nothing is left to take down."""

    def __init__(self) -> None:
        self._write: int | None = None
        self._process: BackgroundCommand | None = None

    def start(self, folder: Path, log_file: Path, environment: Mapping[str, str]) -> None:
        """Start it.

        Args:
            folder: The run's private folder with its journal.
            log_file: Where the reaper writes what it did, if it ever has to act.
            environment: Of the process: without secrets, and without the mark by which a run's processes are found,
                for it must outlive them.

        Raises:
            CommandError: It can't be started.
        """
        from pytest_todo_k8s.tools.command import CommandRunner  # noqa: PLC0415  the reaper's own process needs none

        read, write = os.pipe()  # not inheritable: no other child keeps it open
        try:
            self._process = CommandRunner(environment).start(
                [sys.executable, "-P", "-m", MODULE, str(folder), str(log_file)],
                stdin=read,
                log_file=Path(os.devnull),
                detach=True,
            )
            self._write = write
        except BaseException:
            os.close(write)
            raise
        finally:
            os.close(read)

    def dismiss(self) -> None:
        """Tell it that everything is done, and wait for its end; safe to call twice, or before `start`."""
        if self._write is not None:
            with contextlib.suppress(OSError):  # it is gone already
                os.write(self._write, _DONE)
            os.close(self._write)
            self._write = None
        if self._process:
            self._process.wait(_END_S)
            self._process = None


def main(arguments: Sequence[str]) -> int:
    """Wait for the owner's last word or its death; then take down what is left. Returns 0, or 12 for leftovers.

    Args:
        arguments: The run's folder and the log file.
    """
    folder, log_file = map(Path, arguments)
    for number in _PASSED_ON:
        signal.signal(number, lambda _number, _frame: None)  # not SIG_IGN, which its children would inherit
    try:
        owner = journal.Journal.open(folder / journal.FILE).owner
    except TodoK8sError:
        return 0  # the run was over before this process came to life
    if _dismissed(sys.stdin.fileno(), processes.Process(owner.pid, owner.pid_start)):
        return 0
    from pytest_todo_k8s.reaping import reap_dead_run  # noqa: PLC0415  heavy

    return reap_dead_run(folder, log_file)


def _dismissed(pipe: int, owner: processes.Process) -> bool:
    """Wait for `done` (true) or for the owner's death (false)."""
    said = b""
    alive = True
    while alive and said != _DONE:
        alive = owner.alive  # looked at before the pipe is, so that no last word of a dead owner is missed
        if select.select([pipe], [], [], _LOOK_S if alive else 0.0)[0]:
            read = os.read(pipe, len(_DONE))
            said += read
            if not read:
                time.sleep(0.05)  # its end is closed, so it is about to die
    return said == _DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
