"""What a user sees of a running set-up: one plain line for each thing that happens, on standard error."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Console:
    """Writes the lines, each with the seconds since set-up began.

    Attributes:
        stream: Where to.
        started_s: Begin, on the monotonic clock.
    """

    stream: IO[str] = field(default_factory=lambda: sys.stderr)
    started_s: float = field(default_factory=time.monotonic)

    def say(self, text: str) -> None:
        """Write one line."""
        print(f"todo-k8s: {self.elapsed_s:6.1f} s  {text}", file=self.stream, flush=True)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the begin."""
        return time.monotonic() - self.started_s


@dataclass(frozen=True)
class StepProgress:
    """A step's way to the console and to its log.

    Attributes:
        name: The step's.
        log_file: The step's log.
        console: Where its lines go, too.
    """

    name: str
    log_file: Path
    console: Console

    @classmethod
    def begin(cls, name: str, logs: Path, console: Console) -> StepProgress:
        """Start an empty log for a step."""
        logs.mkdir(parents=True, exist_ok=True)
        log_file = logs / f"{name}.log"
        log_file.write_text("", encoding="utf-8")
        return cls(name, log_file, console)

    def say(self, text: str) -> None:
        """Write one line to console and log."""
        self.console.say(f"{self.name}: {text}")
        with self.log_file.open("a", encoding="utf-8") as log:
            log.write(f"[{self.console.elapsed_s:.1f} s] {text}\n")
