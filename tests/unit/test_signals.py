from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s import signals
from pytest_todo_k8s.signals import ENDING, Signals

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def handlers() -> Iterator[Signals]:
    before = [signal.getsignal(number) for number in ENDING]
    handlers = Signals()
    yield handlers
    handlers.restore()
    assert [signal.getsignal(number) for number in ENDING] == before


@pytest.mark.parametrize("number", ENDING)
def test_signal_ends_the_run_as_ctrl_c_does(handlers: Signals, number: signal.Signals) -> None:
    handlers.end_as_interrupt()
    with pytest.raises(KeyboardInterrupt, match=number.name):
        os.kill(os.getpid(), number)


def test_second_signal_in_the_same_moment_changes_nothing(handlers: Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    handlers.end_as_interrupt()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    monkeypatch.setattr(signals, "IMPATIENCE_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


class Interrupted:
    """An object that is being destroyed while the user presses Ctrl-C: what that raises goes nowhere."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0)


def test_an_interruption_that_python_drops_comes_again(handlers: Signals) -> None:
    before = sys.unraisablehook
    handlers.end_as_interrupt()
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012  it comes at some time of the wait
        Interrupted()
        time.sleep(10)
    handlers.shield(lambda: None)
    assert sys.unraisablehook is before


@pytest.mark.parametrize("number", ENDING)
def test_shield_tells_and_lets_nothing_through(handlers: Signals, number: signal.Signals) -> None:
    told: list[str] = []
    handlers.end_as_interrupt()
    handlers.shield(lambda: told.append("wait"))
    os.kill(os.getpid(), number)
    assert told == ["wait"]


def test_restoring_twice_is_the_same_as_once(handlers: Signals) -> None:
    handlers.end_as_interrupt()
    handlers.restore()
    handlers.restore()
