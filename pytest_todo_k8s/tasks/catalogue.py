"""Reads `tasks.yaml`: for each task what it wishes, the tool it names where that is somebody else's, and what does it.

What does a task is named by a kind and a name:

| kind | name |
|---|---|
| row | a part of a criterion, such as `SC-002-backend`: judged in each run |
| criterion | one of the eleven, with all its parts |
| phase | a phase of each run |
| analysis | what a built-in analyser does in each run: `dockerfile IMAGE`, `manifest TASK`, `health`, `resources` |
| doctor | a subject of `todo-k8s doctor` |
| test | a test file, or one test of it: run by tox, or with the main job where it lies in tests/acceptance |
| fixture, option, command | what the plugin offers |
| file | a file of the repository |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, Literal, get_args

import yaml

Kind = Literal["row", "criterion", "phase", "analysis", "doctor", "test", "fixture", "option", "command", "file"]
COUNT: Final = 99
"""Tasks of the list."""
_REFERENCE: Final = re.compile(r"(\w+) (\S.*)")


@dataclass(frozen=True, slots=True)
class Reference:
    """One thing that does a task."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Task:
    """One task.

    Attributes:
        id: `T001` to `T099`.
        wish: What it asks for, in a few words.
        by: What does it here; where the task's own tool is absent: what takes its place.
        needs: The tool or key of somebody else that the task names; None: it names none.
        otherwise: Why that is usually absent.
    """

    id: str
    wish: str
    by: tuple[Reference, ...]
    needs: str | None = None
    otherwise: str | None = None


def tasks() -> tuple[Task, ...]:
    """Return all tasks, in order.

    Raises:
        ValueError: The file is not as it should be.
    """
    text = files(__package__).joinpath("tasks.yaml").read_text(encoding="utf-8")
    found = tuple(
        Task(name, said["wish"], tuple(map(_reference, said["by"])), said.get("needs"), said.get("otherwise"))
        for name, said in yaml.safe_load(text).items()
    )
    if [task.id for task in found] != [f"T{number:03}" for number in range(1, COUNT + 1)]:
        raise ValueError("tasks.yaml does not have T001 to T099, each once and in order")
    return found


def _reference(text: str) -> Reference:
    found = _REFERENCE.fullmatch(text)
    if found is None or found[1] not in get_args(Kind):
        raise ValueError(f"{text!r} names nothing: write a kind and a name")
    return Reference(found[1], found[2])  # type: ignore[arg-type]  # looked up in the line above
