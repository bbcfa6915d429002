"""The lifecycle on the real cluster: signals, a cluster that goes away in a run, namespaces that others left."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s import ownership
from pytest_todo_k8s.tools.toolchain import Toolchain
from tests.resilience.conftest import END_LIMIT_S, NAMESPACE
from tests.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.resilience.conftest import Project

OTHER = "todo-resilience-other"
HELD = "a-held-object"


def call(*words: object, given: str | None = None) -> str:
    environment = Toolchain.load(os.environ).child_environment(os.environ)
    return _call([str(word) for word in words], environment, given or "")


def _call(argv: list[str], environment: Mapping[str, str], given: str) -> str:
    done = subprocess.run(argv, env=environment, input=given, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def kubectl(*words: str, given: str | None = None) -> str:
    toolchain = Toolchain.load(os.environ)
    where = (f"--kubeconfig={toolchain.kubeconfig}", f"--context={toolchain.profile}")
    return call(toolchain.path("kubectl"), *where, *words, given=given)


def node(verb: str) -> None:
    toolchain = Toolchain.load(os.environ)
    call(toolchain.path("docker"), verb, toolchain.profile)


def network(*, connected: bool) -> None:
    """Let the node drop what comes to its API server from outside, or stop that; inside the cluster goes on."""
    toolchain = Toolchain.load(os.environ)
    rule = ("INPUT", "-i", "eth0", "-p", "tcp", "--dport", "8443", "-j", "DROP")
    call(toolchain.path("docker"), "exec", toolchain.profile, "iptables", "-D" if connected else "-I", *rule)


def todo_k8s(*words: str) -> str:
    """Run the command as a user does: with the tools' own environment `setup` would take them for found ones."""
    return _call([sys.executable, "-m", "pytest_todo_k8s.cli", *words], os.environ, "")


def break_build(project: Project) -> None:
    """Let a run end in the build phase: what is before is what is looked at."""
    dockerfile = project.root / "Dockerfiles/backend.Dockerfile"
    dockerfile.write_text("FROM scratch\nRUN never\n", encoding="utf-8")


def make_namespace(name: str, *, ours: bool, age_h: int = 0) -> None:
    created = dt.datetime.now(dt.UTC) - dt.timedelta(hours=age_h)
    metadata: dict[str, object] = {"name": name}
    if ours:
        metadata["labels"] = {ownership.MANAGED_BY: ownership.MANAGER, ownership.RUN_ID: "20260101-000000-abcdef"}
        metadata["annotations"] = {
            "todo-k8s.dev/created-at": created.isoformat(timespec="seconds"),
            "todo-k8s.dev/ttl-seconds": str(4 * 3600),
            "todo-k8s.dev/host": "another-host",
            "todo-k8s.dev/pid": "1",
            "todo-k8s.dev/pid-start": "1",
        }
    kubectl("create", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))


@pytest.fixture
def namespaces() -> Iterator[None]:
    """Take away what a test made, whatever it came to."""
    yield
    kubectl("delete", "namespace", NAMESPACE, OTHER, "--ignore-not-found")


@pytest.fixture
def cluster() -> Iterator[None]:
    """Have the cluster up again afterwards, and nothing of a run left."""
    yield
    toolchain = Toolchain.load(os.environ)
    state = call(toolchain.path("docker"), "container", "inspect", "--format={{.State.Status}}", toolchain.profile)
    if state.strip() == "paused":
        node("unpause")
    if state.strip() == "running":
        with contextlib.suppress(AssertionError):  # there is no such rule any more
            network(connected=True)
    todo_k8s("setup")
    todo_k8s("reap")


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize(("age_h", "stays"), [(5, False), (3, True)], ids=["expired", "may live"])
def test_run_of_another_host(project: Project, age_h: int, stays: bool) -> None:
    break_build(project)
    make_namespace(OTHER, ours=True, age_h=age_h)
    status, output = project.run()
    assert status == 10, output
    assert (f"sweep     namespace {OTHER}" in output) is not stays
    there = kubectl("get", "namespace", OTHER, "--ignore-not-found", "-o", "name").split()
    assert there == ([f"namespace/{OTHER}"] if stays else [])


@pytest.mark.usefixtures("namespaces")
def test_namespace_that_is_being_deleted(project: Project) -> None:
    break_build(project)
    make_namespace(NAMESPACE, ours=False)
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": HELD, "finalizers": ["todo-k8s.dev/test"]}}
    kubectl("create", f"--namespace={NAMESPACE}", "-f", "-", given=json.dumps(held))
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    free = (
        "patch",
        "configmap",
        HELD,
        f"--namespace={NAMESPACE}",
        "--type=merge",
        '-p={"metadata":{"finalizers":null}}',
    )
    later = threading.Timer(20.0, kubectl, free)
    later.start()
    try:
        status, output = project.run()
    finally:
        later.join()
    assert status == 10, output
    assert f"waiting for the namespace {NAMESPACE}, which is being deleted" in output
    assert project.phases()[:2] == ["preflight", "build"], output


@pytest.fixture
def small_disk(project: Project) -> Iterator[None]:
    """Let the run's results go to a disk that is soon full; only root can make one."""
    project.out.mkdir()
    call("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", project.out)
    yield
    call("umount", project.out)


@pytest.mark.usefixtures("small_disk")
def test_full_disk(project: Project, leftovers: Callable[[], list[str]]) -> None:
    status, output = project.run("--todo-only=SC-001")
    assert status == 1, output
    assert output.count("the evidence can't be written: [Errno 28] No space left on device") == 1
    assert "Traceback" not in output
    assert "nothing left" in output
    assert leftovers() == []


PAUSED, STOPPED, CUT = "paused", "stopped", "cut off"


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("fault", [PAUSED, STOPPED, CUT])
def test_cluster_that_goes_away_in_a_run(project: Project, fault: str, leftovers: Callable[[], list[str]]) -> None:
    """A paused node takes connections and never answers, one that is cut off takes none; a stop is found out."""
    process = project.start()
    project.until("settle", process)
    if fault == CUT:
        network(connected=False)
    else:
        node("pause" if fault == PAUSED else "stop")
    if fault != STOPPED:
        process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=END_LIMIT_S)
    assert process.returncode == (10 if fault == STOPPED else 2), output
    assert f"clean-up LEFT: namespace {NAMESPACE}: " in output
    assert "Traceback" not in output
    if fault == PAUSED:
        node("unpause")
    if fault == CUT:
        network(connected=True)
    todo_k8s("setup")
    assert f"namespace {NAMESPACE}" in todo_k8s("reap")
    assert leftovers() == []


@pytest.mark.parametrize(
    ("phase", "times", "way"),
    [("build", 1, ()), ("deploy", 2, ("-n3",)), ("measure", 3, ())],
    ids=["once in the build", "twice in the deployment", "three times while it measures"],
)
def test_ctrl_c(
    project: Project, phase: str, times: int, way: tuple[str, ...], leftovers: Callable[[], list[str]]
) -> None:
    """A terminal sends it to every process of the group."""
    process = project.start(*way)
    project.until(phase, process)
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(2.5)
    output, _ = process.communicate(timeout=END_LIMIT_S)
    assert process.returncode == 2, output
    assert "interrupted: taking everything down" in output
    assert ("clean-up is under way" in output) is (times > 1), output
    assert "Traceback" not in output
    assert leftovers() == []


def test_sigterm(project: Project, leftovers: Callable[[], list[str]]) -> None:
    process = project.start("-n3")
    project.until("load", process)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=END_LIMIT_S)
    assert process.returncode == 2, output
    assert leftovers() == []


def test_closed_terminal(project: Project, leftovers: Callable[[], list[str]]) -> None:
    terminal = Terminal()
    process = project.start(terminal=terminal.inner)
    terminal.handed_over()
    project.until("settle", process)
    terminal.close()
    assert process.wait(END_LIMIT_S) == 2, terminal.output
    cleanup = project.evidence()["cleanup"]
    assert cleanup["gone_after_s"] is not None
    assert leftovers() == []
