"""A terminal of its own for a process, whose window a test can close."""

from __future__ import annotations

import os
import pty
import select
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_TAKE = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"


def with_terminal(argv: Sequence[str]) -> list[str]:
    """Return the command that makes its standard input, a terminal, that of its session, and becomes `argv`."""
    return [sys.executable, "-IS", "-c", _TAKE, *argv]


class Terminal:
    """A pseudo-terminal: one side for a process, the other for the test that closes its window.

    Attributes:
        inner: File descriptor of the process's side.
        output: What was printed so far.
    """

    def __init__(self) -> None:
        self._outer, self.inner = pty.openpty()
        self.output = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._closing = threading.Event()
        self._reader.start()

    def handed_over(self) -> None:
        """Close this process's copy of the inner side, once the other process has its own."""
        os.close(self.inner)

    def close(self) -> None:
        """Close the window: the kernel sends SIGHUP, and whatever is printed from now on fails."""
        self._closing.set()
        self._reader.join(5)
        os.close(self._outer)

    def _read(self) -> None:
        while not self._closing.is_set():
            if select.select([self._outer], [], [], 0.1)[0]:
                try:
                    self.output += os.read(self._outer, 4096).decode(errors="replace")
                except OSError:
                    return
