"""Signals of the controller: what ends a run ends it cleanly, and nothing breaks its clean-up."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


class Signals:
    """The handlers of one pytest process; outside the main thread, where Python allows none, it does nothing."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._main = threading.current_thread() is threading.main_thread()

    def end_as_interrupt(self) -> None:
        """Let SIGTERM and SIGHUP end the run as Ctrl-C does: exit status 2 after a normal teardown."""
        for number in ENDING:
            self._set(number, self._interrupt)

    def shield(self, on_interrupt: Callable[[], None]) -> None:
        """Ignore all three signals from now on; for each Ctrl-C, `on_interrupt` tells the user why."""
        for number in ENDING:
            self._set(number, signal.SIG_IGN)
        self._set(signal.SIGINT, lambda _number, _frame: on_interrupt())

    def restore(self) -> None:
        """Give back the handlers that were there before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _set(self, number: signal.Signals, handler: Any) -> None:
        if self._main:
            before = signal.signal(number, handler)
            self._before.setdefault(number, before)

    @staticmethod
    def _interrupt(number: int, _frame: FrameType | None) -> None:
        for each in ENDING:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt(signal.Signals(number).name)
