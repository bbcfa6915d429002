"""The time limit of a whole run (`--todo-timeout`): it breaks off the phase that is under way, never the clean-up."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class TimeOver(BaseException):
    """The run's time is over."""


@contextlib.contextmanager
def time_limit(rest_s: float | None) -> Iterator[None]:
    """Raise `TimeOver` in the block after `rest_s` seconds; None: never. Children that are waited for end with it.

    Only the main thread can be broken off; elsewhere, where Python allows no signal handlers, nothing happens.
    """
    if rest_s is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _over)
    signal.setitimer(signal.ITIMER_REAL, max(rest_s, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _over(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TimeOver
