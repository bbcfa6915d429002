from __future__ import annotations

import threading
import time

from pytest_todo_k8s.progress import heartbeat


def test_long_step_gives_signs_of_life() -> None:
    told: list[str] = []
    with heartbeat("build", told.append, every_s=0.02):
        deadline = time.monotonic() + 5
        while len(told) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
    count = len(told)
    assert count >= 2
    assert told[0].startswith("build     still at work after 0 s")
    time.sleep(0.05)
    assert len(told) == count
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat-build"]


def test_short_step_is_silent() -> None:
    told: list[str] = []
    with heartbeat("build", told.append):
        pass
    assert told == []
