from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import engine
from pytest_todo_k8s.bootstrap.engine import EngineStep
from pytest_todo_k8s.bootstrap.record import Record
from pytest_todo_k8s.bootstrap.site import DATA
from pytest_todo_k8s.bootstrap.step import Condition
from pytest_todo_k8s.errors import SetupError
from pytest_todo_k8s.tools import processes
from tests.unit.bootstrap.stubs import DOCKER_UP, Stubs, machine, say, say_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.conftest import Heard

pytestmark = pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
"""An engine is meant to outlive the object that started it."""


@pytest.fixture(autouse=True)
def pid_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    files = {"dockerd": tmp_path / "docker.pid", "containerd": tmp_path / "containerd.pid"}
    monkeypatch.setattr(engine, "PID_FILES", tuple(files.items()))
    return files


@pytest.fixture
def daemon(stubs: Stubs, site: Site) -> Iterator[None]:
    """A dockerd that is up soon and stays, until the test ends."""
    (site.cache / "logs").mkdir()
    stubs.docker(up=False)
    stubs.answer("dockerd", "*", f": > {stubs.mark('engine')}; exec /bin/sleep 60")
    yield
    if (record := site.record.engine) and record.alive:
        os.kill(record.pid, signal.SIGKILL)


def test_an_engine_that_answers_is_present(stubs: Stubs, site: Site) -> None:
    stubs.docker()
    state = EngineStep(site).state()
    assert state.done
    assert state.reason == f"Docker 20.10.24, reached by {stubs.bin}/docker 20.10.24"


def test_no_engine_is_missing(stubs: Stubs, site: Site) -> None:
    stubs.docker(up=False)
    assert EngineStep(site).state().condition is Condition.MISSING


@pytest.mark.usefixtures("daemon")
def test_it_is_started_detached_and_recorded(stubs: Stubs, site: Site, heard: Heard) -> None:
    EngineStep(site).run(heard)
    started = site.record.engine
    assert started is not None
    assert started.alive
    assert os.getsid(started.pid) == started.pid
    assert EngineStep(site).state().done
    assert stubs.calls("dockerd") == ["dockerd --default-cgroupns-mode=private"]
    assert "docker builder prune --force --keep-storage=10gb" in stubs.calls("docker")


@pytest.mark.usefixtures("daemon")
def test_a_stale_pid_file_is_removed_before(site: Site, heard: Heard, pid_files: dict[str, Path]) -> None:
    pid_files["dockerd"].write_text(f"{os.getpid()}\n", encoding="ascii")  # runs, but is no dockerd
    pid_files["containerd"].write_text("4194305", encoding="ascii")  # above the largest process id
    EngineStep(site).run(heard)
    assert not any(file.exists() for file in pid_files.values())
    assert f"removed {pid_files['dockerd']}, left behind by a dead dockerd" in heard.lines


@pytest.mark.usefixtures("daemon")
def test_without_cap_sys_resource_the_lean_runtime_is_used(stubs: Stubs, cache: Path, heard: Heard) -> None:
    site = stubs.site(cache, machine(grants_sys_resource=False))
    EngineStep(site).run(heard)
    runtime = cache / "toolchain" / "engine" / "runc-without-sys-resource"
    assert os.access(runtime, os.X_OK)
    options = f"--default-cgroupns-mode=private --add-runtime=lean={runtime} --default-runtime=lean"
    assert stubs.calls("dockerd") == [f"dockerd {options}"]


@pytest.mark.usefixtures("daemon")
def test_our_own_engine_that_does_not_answer_is_ended_first(site: Site, heard: Heard) -> None:
    hung = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Record.change(site.cache, engine=processes.find(hung.pid))
    EngineStep(site).run(heard)
    assert hung.wait(5) == -signal.SIGTERM
    assert site.record.engine is not None
    assert site.record.engine.pid != hung.pid


def test_a_daemon_that_ends_at_once_is_told_with_its_last_line(stubs: Stubs, site: Site, heard: Heard) -> None:
    (site.cache / "logs").mkdir()
    stubs.docker(up=False)
    stubs.answer("dockerd", "*", say("failed to start daemon: Devices cgroup isn't mounted") + "; exit 1")
    with pytest.raises(SetupError, match=r"dockerd ended at once: .*Devices cgroup isn't mounted") as caught:
        EngineStep(site).run(heard)
    assert caught.value.log_file == site.cache / "logs" / "dockerd.log"


def test_a_daemon_that_never_answers_runs_out_of_time(
    stubs: Stubs, site: Site, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "START_TIMEOUT_S", 0.5)
    (site.cache / "logs").mkdir()
    stubs.docker(up=False)
    stubs.answer("dockerd", "*", "exec /bin/sleep 60")
    with pytest.raises(SetupError, match="no Docker engine answers within 0 s of its start"):
        EngineStep(site).run(heard)
    assert engine.stop(site)


def test_systemd_is_asked_where_it_runs(stubs: Stubs, cache: Path, heard: Heard) -> None:
    stubs.docker(up=False)
    stubs.answer("systemctl", "'start docker'", f": > {stubs.mark('engine')}")
    EngineStep(stubs.site(cache, machine(systemd=True))).run(heard)
    assert stubs.calls("systemctl") == ["systemctl start docker"]
    assert not stubs.calls("dockerd")


def test_only_root_may_start_one(stubs: Stubs, cache: Path, heard: Heard) -> None:
    stubs.docker(up=False)
    with pytest.raises(SetupError, match=r"Cannot connect to the Docker daemon.*only root may start one") as caught:
        EngineStep(stubs.site(cache, machine(root=False))).run(heard)
    assert "administrator" in caught.value.hint


def test_a_named_engine_that_does_not_answer_is_not_replaced(stubs: Stubs, cache: Path, heard: Heard) -> None:
    stubs.docker(up=False)
    with pytest.raises(SetupError, match="no engine answers at DOCKER_HOST=tcp://box:2376"):
        EngineStep(stubs.site(cache, DOCKER_HOST="tcp://box:2376")).run(heard)


def test_an_engine_without_a_fit_client_asks_for_buildx(stubs: Stubs, site: Site, heard: Heard) -> None:
    stubs.answer("docker", "'version '*", say_json(DOCKER_UP | {"Client": {"Version": "28.2.2"}}))
    stubs.answer("docker", "'buildx version'", "exit 1")
    step = EngineStep(site)
    assert step.state().condition is Condition.BROKEN
    with pytest.raises(SetupError, match="has no buildx plugin") as caught:
        step.run(heard)
    assert "docker-buildx" in caught.value.hint


def test_only_the_engine_that_was_started_is_ended(site: Site) -> None:
    assert not engine.stop(site)
    Record.change(site.cache, engine=processes.Process(os.getpid(), "1@another boot"))
    assert not engine.stop(site)  # this very test would be gone


@pytest.mark.parametrize("form", [["--bundle", "{}"], ["--bundle={}"], ["-b", "{}"]])
def test_the_lean_runtime_drops_the_capability_of_a_container(tmp_path: Path, form: list[str]) -> None:
    config = {"process": {"capabilities": {"bounding": ["CAP_CHOWN", "CAP_SYS_RESOURCE"]}, "cwd": "/"}}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    arguments = ["--root", "/run/x", "create", *(word.format(tmp_path) for word in form), "name"]
    assert _run_lean(tmp_path, arguments) == arguments
    left = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert left == {"process": {"capabilities": {"bounding": ["CAP_CHOWN"]}, "cwd": "/"}}


def test_the_lean_runtime_drops_the_capability_of_a_further_process(tmp_path: Path) -> None:
    file = tmp_path / "process.json"
    file.write_text(json.dumps({"capabilities": {"effective": ["CAP_SYS_RESOURCE"]}}), encoding="utf-8")
    _run_lean(tmp_path, ["exec", "--process", str(file), "name"])
    assert json.loads(file.read_text(encoding="utf-8")) == {"capabilities": {"effective": []}}


@pytest.mark.parametrize("content", ["not JSON", '{"process": {}}', "{}"])
def test_the_lean_runtime_leaves_other_descriptions_to_runc(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content, encoding="utf-8")
    arguments = ["create", "--bundle", str(tmp_path), "name"]
    assert _run_lean(tmp_path, arguments) == arguments


def test_the_lean_runtime_passes_on_what_describes_nothing(tmp_path: Path) -> None:
    assert _run_lean(tmp_path, ["state", "name"]) == ["state", "name"]


def _run_lean(folder: Path, arguments: list[str]) -> list[str]:
    """Run the runtime with a stand-in for runc, and return the arguments this was given."""
    stubs = Stubs(folder / "runc")
    stubs.answer("runc", "*", ":")
    subprocess.run(
        [sys.executable, "-IS", DATA / "engine" / "runc-without-sys-resource", *arguments],
        env={"PATH": str(stubs.bin)},
        check=True,
        timeout=20,
    )
    return stubs.calls()[0].split()[1:]
