"""The backend as a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

import app
from tests.app.backend.conftest import MODEL_KEY, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(app.__file__).parents[1]
START_TIMEOUT_S = 30.0


def environment(**variables: str) -> dict[str, str]:
    return {"PATH": os.defpath, **variables}


class Process:
    """A running backend; its output is collected all the time."""

    def __init__(self, url: str, variables: dict[str, str]) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "app"],
            cwd=FOLDER,
            env=environment(
                DATABASE_URL=url,
                JWT_SECRET=SECRET,
                GEMINI_API_KEY=MODEL_KEY,
                PORT="0",
                LOG_LEVEL="debug",
                **variables,
            ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.client = httpx.Client(timeout=20.0)

    def _read(self) -> None:
        assert self.popen.stdout is not None
        self.lines.extend(self.popen.stdout)

    def wait_serving(self) -> None:
        """Wait for the line that names the port, which the system chose."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (named := re.search(r"running on http://0\.0\.0\.0:(\d+)", "".join(self.lines))):
            assert self.popen.poll() is None, "".join(self.lines)
            assert time.monotonic() < deadline, "the process does not serve"
            time.sleep(0.05)
        self.client.base_url = httpx.URL(f"http://127.0.0.1:{named[1]}")

    def end(self) -> int:
        """Ask the process to end and return its exit status."""
        self.popen.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        status = self.popen.wait(60)
        self._reader.join(10)
        return status

    def kill(self) -> None:
        """End the process without asking it."""
        self.popen.kill()
        self.wait()

    def close(self) -> None:
        self.client.close()
        if self.popen.poll() is None:
            self.kill()
        assert self.popen.stdout is not None
        self.popen.stdout.close()


@contextmanager
def running(url: str, **variables: str) -> Iterator[Process]:
    """A backend on a database, with further variables of its environment."""
    process = Process(url, variables)
    try:
        process.wait_serving()
        yield process
    finally:
        process.close()
