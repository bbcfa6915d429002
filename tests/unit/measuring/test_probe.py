"""The probe as it runs in its pod: alone with its three modules, against a small backend."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.measuring.probe import MODULES, VARIABLE, answer_error
from pytest_todo_k8s.measuring.probe_pod import latency
from pytest_todo_k8s.measuring.series import Pace
from tests.unit.todo_server import TodoServer, todo_server

if TYPE_CHECKING:
    from pathlib import Path

HEALTH: Any = {"path": "/health", "answer": {"status": "healthy"}}
PACE = Pace(limit_s=1, interval_s=0.02, timeout_s=1)


def run_probe(folder: Path, server: TodoServer) -> str:
    package = folder / "pytest_todo_k8s/measuring"
    package.mkdir(parents=True)
    for name in MODULES:
        with as_file(files("pytest_todo_k8s.measuring").joinpath(f"{name}.py")) as source:
            shutil.copy(source, package)
    asked = {
        "host": "127.0.0.1",
        "port": server.server_address[1],
        "health": HEALTH,
        "ready": {"path": "/ready", "answer": {"status": "ready"}},
        "limit_s": 1,
        "interval_s": 0.02,
        "timeout_s": 1,
    }
    # -S: nothing installed can be imported, as in the pod.
    argv = [sys.executable, "-S", "-m", "pytest_todo_k8s.measuring.probe"]
    environment = {"PYTHONPATH": str(folder), VARIABLE: json.dumps(asked)}
    return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_healthy_backend(tmp_path: Path) -> None:
    with todo_server() as server:
        series = latency(run_probe(tmp_path, server), "target", PACE)
    assert len(series.samples) == 59
    assert all(sample.ok for sample in series.samples)
    assert (len(series.warmup), len(series.calibration_s)) == (5, 40)
    assert series.beside["ready_error"] is None


def test_a_backend_that_is_not_healthy(tmp_path: Path) -> None:
    with todo_server("health") as server:
        series = latency(run_probe(tmp_path, server), "target", PACE)
    assert len(series.samples) == 59
    assert {sample.error for sample in series.samples} == {"status 500"}


def test_nobody_answers() -> None:
    with todo_server() as server:
        port = int(server.server_address[1])
    assert "refused" in str(answer_error("127.0.0.1", port, 1, **HEALTH))


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<html>", "the body is not JSON"),
        (b'{"status": "unwell"}', "the body is not {'status': 'healthy'}"),
        (b"[]", "the body is not {'status': 'healthy'}"),
    ],
)
def test_a_wrong_body_with_status_200(body: bytes, error: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with todo_server() as server:
        monkeypatch.setattr("tests.unit.todo_server.json.dumps", lambda _: body.decode())
        found = answer_error("127.0.0.1", int(server.server_address[1]), 5, **HEALTH)
    assert found is not None
    assert found.startswith(error)


def test_a_text_that_the_body_holds() -> None:
    with todo_server() as server:
        port = int(server.server_address[1])
        assert answer_error("127.0.0.1", port, 5, "/health", '"healthy"') is None
        found = answer_error("127.0.0.1", port, 5, "/health", "alive")
    assert found is not None
    assert found.startswith("the body does not hold 'alive': ")
