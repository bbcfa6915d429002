"""Waits until a way into the cluster leads to a ready service, and stays."""

from __future__ import annotations

import time
from typing import Final

from pytest_todo_k8s.measuring.fetch import fetch, new_session

LIMIT_S: Final = 30.0
IN_A_ROW: Final = 6
"""Good answers after which a port-forward is known to stay: one that breaks ends within a second."""
_POLL_S: Final = 0.3
_TIMEOUT_S: Final = 5.0
_OK: Final = 200


def wait(url: str, in_a_row: int = IN_A_ROW) -> str | None:
    """Wait for good answers, one after the other.

    Args:
        url: What answers 200 when the service is ready.
        in_a_row: How many.

    Returns:
        None; or what was seen last, where they did not come in time.
    """
    deadline, good = time.monotonic() + LIMIT_S, 0
    while True:
        with new_session() as session:
            answer = fetch(session, url, timeout_s=_TIMEOUT_S)
        good = good + 1 if answer.status == _OK else 0
        if good == in_a_row:
            return None
        if time.monotonic() > deadline:
            return answer.error or f"status {answer.status}"
        time.sleep(_POLL_S)
