"""Nested runs as forks of one process, which has imported the libraries."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

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

    def start(self, words: Sequence[str], folder: Path, environment: Mapping[str, str], output: Path) -> Fork:
        """Start `pytest` with these words in a session of its own."""
        return Fork(self, self.ask(words=words, folder=str(folder), environment=dict(environment), output=str(output)))

    def ask(self, **order: Any) -> int:
        """Give an order; return its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"the process that forks runs ended with {self._process.wait(10)}"
        return int(answer)

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


class Fork:
    """A run that was forked; used as `subprocess.Popen` is."""

    def __init__(self, forks: Forks, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._forks = forks
        self._end = os.pidfd_open(pid)

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._end], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a forked run", timeout or 0.0)
            os.close(self._end)
            self.returncode = self._forks.ask(wait=self.pid)
        return self.returncode

    def poll(self) -> int | None:
        if self.returncode is None and not select.select([self._end], [], [], 0)[0]:
            return None
        return self.wait()

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
