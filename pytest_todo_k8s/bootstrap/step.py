"""What a step of set-up is: it tells the state of its result, what making it costs, and makes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class Condition(StrEnum):
    """Whether a step's result is there."""

    PRESENT = "present"
    MISSING = "missing"
    BROKEN = "broken"
    """There, but not usable as it is: the step mends it or makes it anew."""
    UNKNOWN = "unknown"
    """Can't be told yet, because an earlier step's result is not there."""


@dataclass(frozen=True, slots=True)
class State:
    """What a step found.

    Attributes:
        condition: Whether there is something to do.
        reason: What was found or what is wrong, a phrase without a full stop.
    """

    condition: Condition
    reason: str

    @property
    def done(self) -> bool:
        """Whether the step has nothing to do."""
        return self.condition is Condition.PRESENT


def present(found: str) -> State:
    """Say that a step's result is there."""
    return State(Condition.PRESENT, found)


def missing(reason: str) -> State:
    """Say that a step's result is not there."""
    return State(Condition.MISSING, reason)


def broken(reason: str) -> State:
    """Say that a step's result can't be used as it is."""
    return State(Condition.BROKEN, reason)


def unknown(reason: str) -> State:
    """Say that an earlier step must run first."""
    return State(Condition.UNKNOWN, reason)


@dataclass(frozen=True, slots=True)
class Cost:
    """About what a step takes on two cores with empty caches.

    Attributes:
        seconds: Wall-clock time.
        cache_mb: Space in the cache folder while it works, decimal MB.
        engine_mb: Space where the engine keeps its images, likewise.
    """

    seconds: int
    cache_mb: int = 0
    engine_mb: int = 0


class Progress(Protocol):
    """Where a running step writes."""

    @property
    def log_file(self) -> Path:
        """The step's log; its folder exists."""

    def say(self, text: str) -> None:
        """Tell the user what happens now, one line."""


class Step(Protocol):
    """One part of set-up, skipped when its result is there."""

    @property
    def name(self) -> str:
        """One word, for progress lines, log files and errors."""

    @property
    def title(self) -> str:
        """What `run` makes, a phrase that goes on from "would"."""

    @property
    def cost(self) -> Cost:
        """What making it costs."""

    @property
    def remedy(self) -> str:
        """What a user can do when a command of this step fails, one sentence."""

    def state(self) -> State:
        """Look, without writing anything anywhere."""

    def run(self, progress: Progress) -> None:
        """Make the result, or mend it.

        Raises:
            SetupError: It can't be made here; the error says what to do.
            CommandError: A command failed; `remedy` says what to do.
        """
