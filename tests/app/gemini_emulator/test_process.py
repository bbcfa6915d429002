"""The emulator as a process of its own: start, traffic, health, signals, and what it writes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import gemini_emulator
import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(gemini_emulator.__file__).parents[1]
FORBIDDEN = re.compile("error|exception|traceback|fatal|failed", re.IGNORECASE)
START_TIMEOUT_S = 30.0
KEY = "a-key-of-the-model-service"
GENERATE = "/v1beta/models/gemini-3.5-flash-lite:generateContent"


def environment(**variables: str) -> dict[str, str]:
    return {"PATH": os.defpath, **variables}


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=FOLDER,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=START_TIMEOUT_S,
        check=False,
    )


class Process:
    """A running emulator; its output is collected all the time."""

    def __init__(self) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "gemini_emulator", "--port", "0"],
            cwd=FOLDER,
            env=environment(PORT="1", LOG_LEVEL="debug"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        self.lines.extend(self.popen.stdout)

    def port(self) -> str:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (named := re.search(r"running on http://0\.0\.0\.0:(\d+)", "".join(self.lines))):
            assert self.popen.poll() is None, "".join(self.lines)
            assert time.monotonic() < deadline, "the process does not serve"
            time.sleep(0.05)
        return named[1]

    def end(self, sig: signal.Signals = signal.SIGTERM) -> int:
        self.popen.send_signal(sig)
        status = self.popen.wait(30)
        self._reader.join(10)
        return status


@pytest.fixture
def process() -> Iterator[Process]:
    process = Process()
    try:
        yield process
    finally:
        process.popen.kill()
        process.end()
        assert process.popen.stdout is not None
        process.popen.stdout.close()


def ask(port: str, text: str) -> int:
    body = {"contents": [{"parts": [{"text": text}]}]}
    url = f"http://127.0.0.1:{port}{GENERATE}"
    return httpx.post(url, json=body, headers={"x-goog-api-key": KEY}, timeout=20.0).status_code


def test_a_life_of_a_process(process: Process) -> None:
    port = process.port()
    statuses = [ask(port, text) for text in ("add a secret plan", "x x-emu-fault: 500", "x x-emu-fault: 429")]
    assert statuses == [200, 500, 429]
    assert httpx.get(f"http://127.0.0.1:{port}/nowhere", timeout=20.0).status_code == 404
    assert run("gemini_emulator.healthcheck", PORT=port).returncode == 0
    assert process.end() == 0
    written = "".join(process.lines)
    assert not FORBIDDEN.search(written), written
    assert KEY not in written
    assert "secret plan" not in written
    records = [json.loads(line) for line in process.lines]
    requests = [record for record in records if record["message"] == "request"]
    assert [(each["status"], each.get("fault")) for each in requests] == [
        (200, None),
        (500, "500"),
        (429, "429"),
        (404, None),
    ]
    assert [each["path"] for each in requests] == [GENERATE] * 3 + ["unmatched"]


def test_an_interrupt_is_a_normal_end_too(process: Process) -> None:
    process.port()
    assert process.end(signal.SIGINT) == 0


@pytest.mark.parametrize(
    ("arguments", "variables", "name"),
    [(("--port", "x"), {}, "--port"), ((), {"PORT": "x"}, "PORT"), ((), {"STRICT": "x"}, "STRICT")],
)
def test_an_unusable_configuration_ends_with_one_sentence(
    arguments: tuple[str, ...], variables: dict[str, str], name: str
) -> None:
    ended = run("gemini_emulator", *arguments, **variables)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert re.fullmatch(rf"gemini-emulator: {name} must be [^\n]*\n", ended.stderr)


def test_nobody_there_is_not_healthy() -> None:
    assert run("gemini_emulator.healthcheck", PORT="1").returncode == 1
