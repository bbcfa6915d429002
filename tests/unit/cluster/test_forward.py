from __future__ import annotations

import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.cluster import forward
from pytest_todo_k8s.cluster.forward import PortForward
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.tools import processes
from tests.unit.cluster.stubs import Stubs
from tests.unit.running import run_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext

OPEN = "echo 'Forwarding from 127.0.0.1:4711 -> 8080'"


def context(folder: Path, kubectl: str) -> tuple[RunContext, Stubs]:
    stubs = Stubs(folder)
    stubs.add("kubectl", kubectl)
    cluster = SimpleNamespace(kubeconfig=folder / "kubeconfig", context="dev")
    return run_context(folder, toolchain=stubs.toolchain(), commands=stubs.commands(), cluster=cluster), stubs


def until(true: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_opens_on_a_port_that_kubectl_chose_and_is_journalled(tmp_path: Path) -> None:
    run, stubs = context(tmp_path, f"{OPEN}; exec sleep 60")
    opened = PortForward(run, "todo-backend-service", 8080)
    try:
        assert (opened.port, opened.running) == (4711, True)
        assert run.background == [opened]
        (entry,) = run.journal.open_entries()
        assert (entry.kind, entry.name) == ("process", "port-forward todo-backend-service")
        process = processes.Process(int(entry.details["pid"]), str(entry.details["start"]))
        assert process.alive
    finally:
        opened.stop()
    until(lambda: not opened.running and not process.alive)
    assert opened.stop() == -15
    (call,) = stubs.calls("kubectl")
    assert call.startswith(f"--kubeconfig {tmp_path}/kubeconfig --context dev --namespace test-namespace port-forward")
    assert call.endswith("--address 127.0.0.1 service/todo-backend-service :8080")


def test_one_that_died_is_opened_again_on_the_same_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "AGAIN_S", 0.05)
    died = f'if [ $(wc -l <"$0.calls") -lt 3 ]; then {OPEN}; exit 1; fi; {OPEN}; exec sleep 60'
    run, stubs = context(tmp_path, died)
    opened = PortForward(run, "todo-backend-service", 8080)
    try:
        until(lambda: len(stubs.calls("kubectl")) == 3 and opened.running)
        assert all(call.endswith(" 4711:8080") for call in stubs.calls("kubectl")[1:])
        assert len(run.background) == 1
    finally:
        opened.stop()


def test_it_goes_on_trying_while_the_pod_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "AGAIN_S", 0.05)
    away = f'case $(wc -l <"$0.calls") in 1) {OPEN} ;; 2) echo no pod >&2; exit 1 ;; *) {OPEN}; exec sleep 60 ;; esac'
    run, stubs = context(tmp_path, away)
    opened = PortForward(run, "todo-backend-service", 8080)
    try:
        until(lambda: len(stubs.calls("kubectl")) == 3 and opened.running)
    finally:
        opened.stop()


def test_one_that_does_not_open_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    run, _ = context(tmp_path, "echo 'error: services \"x\" not found' >&2; exit 1")
    with pytest.raises(PhaseError, match='services "x" not found'):
        PortForward(run, "x", 8080)
    assert run.background == []


def test_one_that_says_nothing_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forward, "READY_S", 0.3)
    run, _ = context(tmp_path, "exec sleep 60")
    with pytest.raises(PhaseError, match="kubectl said nothing"):
        PortForward(run, "x", 8080)
    (entry,) = run.journal.open_entries()
    assert not processes.Process(int(entry.details["pid"]), str(entry.details["start"])).alive
