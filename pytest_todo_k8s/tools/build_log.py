"""Reads the plain progress text of an image build: its steps, their times, and the step that failed."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from pytest_todo_k8s.measurements import BuildStep

_LINE: Final = re.compile(r"^#(?P<step>\d+) (?P<rest>.*)$")
_DONE: Final = re.compile(r"^DONE (?P<seconds>\d+(?:\.\d+)?)s$")
_ERROR: Final = re.compile(r"^ERROR:? ?(?P<text>.*)$")
_OUTPUT: Final = re.compile(r"^\d+\.\d+ (?P<text>.*)$")
_FINAL: Final = re.compile(r"^(?:ERROR|error): (?P<text>.+)$|^(?P<old>failed to solve.*)$")
_ANSI: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_KEPT: Final = 5
_NAME: Final = 120
"""Characters shown of a failed step's name, which may be a whole shell script."""


@dataclass
class _Step:
    name: str
    duration_s: float | None = None
    cached: bool = False
    error: str | None = None
    output: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))


class BuildLog:
    """Takes the lines of `docker build --progress=plain` as they come (BuildKit's plain format, 20.10 to today)."""

    def __init__(self) -> None:
        self._steps: dict[str, _Step] = {}
        self._final = ""

    def feed(self, line: str) -> None:
        """Take one line."""
        text = _ANSI.sub("", line).rstrip()
        match = _LINE.match(text)
        if match is None:
            if final := _FINAL.match(text):
                self._final = final["text"] or final["old"]
            return
        number, rest = match["step"], match["rest"]
        step = self._steps.get(number)
        if step is None:
            self._steps[number] = _Step(rest)
        else:
            _note(step, rest)

    @property
    def steps(self) -> list[BuildStep]:
        """The steps that ended, in the order in which they began."""
        return [
            BuildStep(name=step.name, duration_s=step.duration_s or 0.0, cached=step.cached)
            for step in self._steps.values()
            if step.cached or step.duration_s is not None
        ]

    @property
    def failure(self) -> str | None:
        """What failed, as one sentence: the step, its last lines, or what the builder said; None: nothing did."""
        for step in self._steps.values():
            if step.error is not None and "canceled" not in step.error:
                said = " / ".join(step.output) or step.error
                name = step.name if len(step.name) <= _NAME else f"{step.name[:_NAME]}…"
                return f"step {name!r} failed: {said}"
        return self._final or None


def _note(step: _Step, rest: str) -> None:
    if done := _DONE.match(rest):
        step.duration_s = float(done["seconds"])
    elif rest == "CACHED":
        step.cached = True
    elif error := _ERROR.match(rest):
        step.error = error["text"] or "no reason given"
    elif (output := _OUTPUT.match(rest)) and output["text"].strip():
        step.output.append(output["text"].strip())
