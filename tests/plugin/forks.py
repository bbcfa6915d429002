"""Nested runs as forks of one process, which has imported the libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

ROOT = Path(__file__).parents[2]


class Forks:
    """Starts that process and gives it orders. What is read when Python starts is the same for all runs."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        argv = [sys.executable, "-m", "tests.plugin.preloaded", "pytest"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(argv, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True)

    def run(
        self, words: Sequence[str], folder: Path, environment: Mapping[str, str], output: Path, timeout_s: int
    ) -> int:
        """Run `pytest` with these words in a session of its own; return its exit status."""
        order = {"words": words, "folder": str(folder), "environment": environment, "output": str(output)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**order, "timeout_s": timeout_s}) + "\n")
        self._process.stdin.flush()
        status = self._process.stdout.readline()
        assert status, f"the process that forks runs ended with {self._process.wait(10)}"
        return int(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the process end, which it does when it can be given no more orders."""
        try:
            self._process.communicate(timeout=10)
        finally:
            self._process.kill()
