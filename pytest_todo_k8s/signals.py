"""Signals of the controller: what ends a run ends it cleanly, and nothing breaks its clean-up."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
IMPATIENCE_S: Final = 2.0
"""A signal this soon after another is the same wish: a second interruption would break pytest's end at the first."""

AGAIN_S: Final = 0.05
"""After so long an interruption that Python dropped is told again."""


class Signals:
    """The handlers of one pytest process; outside the main thread, where Python allows none, it does nothing."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._main = threading.current_thread() is threading.main_thread()
        self._last_s = -IMPATIENCE_S
        self._terminals = _terminals()
        self._unraisable: Callable[[sys.UnraisableHookArgs], object] | None = None

    def end_as_interrupt(self) -> None:
        """Let SIGTERM and SIGHUP end the run as Ctrl-C does: exit status 2 after a normal teardown."""
        self._set(self._interrupt)

    def shield(self, on_signal: Callable[[], None]) -> None:
        """Let no signal end anything from now on; for each one, `on_signal` tells the user why."""
        self._arrived()
        self._set(lambda _number, _frame: on_signal())

    def restore(self) -> None:
        """Give back the handlers that were there before."""
        self._arrived()
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _set(self, handler: Callable[[int, FrameType | None], None]) -> None:
        def handle(number: int, frame: FrameType | None) -> None:
            if number == signal.SIGHUP:
                self._leave_closed_terminals()
            handler(number, frame)

        if self._main:
            for number in ENDING:
                before = signal.signal(number, handle)
                self._before.setdefault(number, before)

    def _leave_closed_terminals(self) -> None:
        """Let what is still printed go nowhere once the terminal is closed: each write to it would be an error.

        All descriptors that lead there: pytest keeps copies, and puts them back in the place of those that it captures.
        """
        nowhere = os.open(os.devnull, os.O_RDWR)
        try:
            for number in _descriptors():
                with contextlib.suppress(OSError):  # one that is closed by now
                    if os.fstat(number).st_rdev in self._terminals and not os.isatty(number):
                        os.dup2(nowhere, number)
        finally:
            os.close(nowhere)

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._last_s >= IMPATIENCE_S:
            self._last_s = now
            self._watch_for_its_loss()
            raise KeyboardInterrupt(signal.Signals(number).name)

    def _watch_for_its_loss(self) -> None:
        """Tell the wish again if Python drops it, as it does with what is raised while an object is destroyed."""
        before = self._unraisable = self._unraisable or sys.unraisablehook

        def hook(dropped: sys.UnraisableHookArgs) -> None:
            if isinstance(dropped.exc_value, KeyboardInterrupt):
                self._last_s = -IMPATIENCE_S
                threading.Timer(AGAIN_S, os.kill, (os.getpid(), signal.SIGINT)).start()
            else:
                before(dropped)

        sys.unraisablehook = hook

    def _arrived(self) -> None:
        if self._unraisable:
            sys.unraisablehook, self._unraisable = self._unraisable, None


def _terminals() -> set[int]:
    """Device numbers of the terminals that input and output of this process lead to."""
    return {os.fstat(number).st_rdev for number in range(3) if os.isatty(number)}


def _descriptors() -> list[int]:
    """Numbers of this process's open descriptors."""
    return [int(path.name) for path in Path("/dev/fd").iterdir()]
