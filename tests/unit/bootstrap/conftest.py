from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.unit.bootstrap.stubs import Stubs, say

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site


@dataclass
class Heard:
    """A step's progress that only remembers."""

    log_file: Path
    lines: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def stubs(tmp_path: Path) -> Stubs:
    made = Stubs(tmp_path / "stubs")
    made.bin.mkdir(parents=True)
    made.mark("x").parent.mkdir()
    made.answer("chromium", "--version", say("Chromium 140.0.7339.80"))
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def site(stubs: Stubs, cache: Path) -> Site:
    """A root's machine with the stand-ins of the test, and an empty cache folder."""
    cache.mkdir()
    return stubs.site(cache)


@pytest.fixture
def heard(tmp_path: Path) -> Heard:
    return Heard(tmp_path / "step.log")
