"""What every unit test stands on."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Let Ctrl-C work: a test run in the background of a shell inherits it as ignored, and so would its children."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
