"""Runs a command under a pseudo-terminal, for programs that draw a screen and would not speak to anything else."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_todo_k8s.tools.command import CommandRunner

POLL_S: Final = 0.1
GRACE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Screen:
    """What a command drew.

    Attributes:
        text: Everything it printed, control sequences included, capped.
        exit_code: Its status; negative: the signal that ended it.
        duration_s: Seconds on the monotonic clock.
        timed_out: Whether the time-out ended it.
        stopped: Whether `enough` ended it.
    """

    text: str
    exit_code: int
    duration_s: float
    timed_out: bool
    stopped: bool


def converse(
    commands: CommandRunner,
    argv: Sequence[str],
    *,
    timeout_s: float,
    cap_bytes: int,
    answer: Callable[[str], str | None],
    enough: Callable[[str, float], bool],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Screen:
    """Run a command to its end, to the time-out, or until enough was seen; then nothing of its session is left.

    Args:
        commands: Starts it.
        argv: Program and arguments.
        timeout_s: Seconds after which it gets SIGINT, and soon afterwards SIGKILL.
        cap_bytes: Bytes kept; what comes later is read and dropped.
        answer: Given what was printed since the last answer; returns what to type, or None.
        enough: Given everything printed and the seconds of silence since; ends the command.
        env: Variables set on top of the runner's.
        cwd: Its working directory.

    Raises:
        CommandError: It can't be started.
    """
    near, far = pty.openpty()
    started = heard = time.monotonic()
    seen, answered, stopped = bytearray(), 0, False
    try:
        try:
            command = commands.start(argv, env=env, cwd=cwd, terminal=far)
        finally:
            os.close(far)
        try:
            while (now := time.monotonic()) < started + timeout_s:
                if select.select([near], [], [], POLL_S)[0]:
                    data = _read(near)
                    if not data:
                        break
                    heard = now
                    seen += data[: max(0, cap_bytes - len(seen))]
                    typed = answer(seen[answered:].decode(errors="replace"))
                    if typed is not None:
                        answered = len(seen)
                        os.write(near, typed.encode())
                elif not command.running:
                    break
                elif enough(seen.decode(errors="replace"), now - heard):
                    stopped = True
                    break
            timed_out = not stopped and time.monotonic() >= started + timeout_s
            if stopped or timed_out:
                _interrupt(command.pid)
                _wait(lambda: command.running)
        finally:
            code = command.stop(GRACE_S)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(command.pid, signal.SIGKILL)  # what it started and left
    finally:
        os.close(near)
    return Screen(seen.decode(errors="replace"), code, time.monotonic() - started, timed_out, stopped)


def _read(near: int) -> bytes:
    """Read what is there; empty when the far end is closed, which Linux tells by EIO."""
    try:
        return os.read(near, 65536)
    except OSError:
        return b""


def _interrupt(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGINT)


def _wait(running: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GRACE_S
    while running() and time.monotonic() < deadline:
        time.sleep(POLL_S)
