"""What the user sees while a run is under way: one line for each step, and a sign of life in long ones."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PREFIX: Final = "todo-k8s: "
HEARTBEAT_S: Final = 30.0


@contextlib.contextmanager
def heartbeat(step: str, say: Callable[[str], None], every_s: float = HEARTBEAT_S) -> Iterator[None]:
    """Say every `every_s` seconds that a step is still at work.

    Args:
        step: Its name.
        say: Prints one line; called from another thread.
        every_s: Seconds between two lines.
    """
    done = threading.Event()
    started = time.monotonic()

    def beat() -> None:
        while not done.wait(every_s):
            say(f"{step:<9} still at work after {time.monotonic() - started:.0f} s")

    thread = threading.Thread(target=beat, name=f"heartbeat-{step}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
