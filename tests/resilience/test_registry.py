"""The Minikube as "any cluster": by its context, with images from a local registry (Debian's `docker-registry`)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.resilience.conftest import Project

PACKAGE = "docker-registry"
CERTS = "/etc/containerd/certs.d"
UP_S = 20.0


def program(folder: Path) -> str:
    """Return the registry's program: the one on PATH, else the one in Debian's package, which is not installed."""
    if found := shutil.which(PACKAGE):
        return found
    subprocess.run(["apt-get", "download", PACKAGE], cwd=folder, check=True, capture_output=True, timeout=120)
    (package,) = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "--extract", package, folder], check=True, timeout=60)
    return str(folder / "usr/bin" / PACKAGE)


def docker(*words: str, given: str | None = None) -> str:
    toolchain = Toolchain.load(os.environ)
    return subprocess.run(
        [toolchain.path("docker"), *words], input=given, capture_output=True, text=True, check=True, timeout=60
    ).stdout


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the registry on loopback, where the engine speaks plain http, and on the address that the node reaches.

    Two processes share one folder; the node's containerd is told by its own means (`hosts.toml`) where the name leads.
    """
    folder, profile = tmp_path_factory.mktemp("registry"), Toolchain.load(os.environ).profile
    gateway = json.loads(docker("container", "inspect", profile))[0]["NetworkSettings"]["Networks"][profile]["Gateway"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path, place = program(folder), f"127.0.0.1:{port}"
    servers = [serve(path, folder, address, port) for address in ("127.0.0.1", gateway)]
    hosts = f"{CERTS}/{place}"
    try:
        docker("exec", profile, "mkdir", "-p", hosts)
        there = f"http://{gateway}:{port}"
        told = f'server = "{there}"\n[host."{there}"]\ncapabilities = ["pull", "resolve"]\n'
        docker("exec", "--interactive", profile, "tee", f"{hosts}/hosts.toml", given=told)
        yield f"{place}/todo"
    finally:
        docker("exec", profile, "rm", "-rf", hosts)
        for server in servers:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(10)


def serve(path: str, folder: Path, address: str, port: int) -> subprocess.Popen[bytes]:
    config = folder / f"{address}.yml"
    config.write_text(
        "version: 0.1\nlog: {level: error}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder / 'images'}}}}}\nhttp: {{addr: '{address}:{port}'}}\n",
        encoding="utf-8",
    )
    with (folder / f"{address}.log").open("wb") as log:
        server = subprocess.Popen(
            [path, "serve", config], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    deadline = time.monotonic() + UP_S
    while True:
        try:
            urllib.request.urlopen(f"http://{address}:{port}/v2/", timeout=2).close()
        except OSError:
            assert time.monotonic() < deadline, (folder / f"{address}.log").read_text(encoding="utf-8")
            time.sleep(0.1)
        else:
            return server


def test_a_cluster_by_its_context_with_images_from_a_registry(
    project: Project, registry: str, leftovers: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    toolchain = Toolchain.load(os.environ)
    monkeypatch.setenv("KUBECONFIG", str(toolchain.kubeconfig))
    monkeypatch.setenv("TODO_REGISTRY", registry)
    project.cluster = f"context:{toolchain.profile}"
    status, output = project.run()
    assert status == 0, output
    verdicts = project.verdicts()
    assert set(verdicts.values()) <= {"PASS", "BORDERLINE"}, output
    assert verdicts["SC-008"] == "PASS", output
    read = project.evidence()["measure"]["usage_source"]
    assert "python3 in todo-backend/" in read
    assert "node in todo-frontend/" in read
    assert all("docker push" in each["route"] for each in project.evidence()["loads"])
    assert leftovers() == []


def test_a_context_that_must_not_be_touched(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    toolchain = Toolchain.load(os.environ)
    monkeypatch.setenv("KUBECONFIG", str(toolchain.kubeconfig))
    monkeypatch.setenv("TODO_REGISTRY", "127.0.0.1:1/todo")
    monkeypatch.setenv("TODO_ALLOW_SERVERS", "dev-*.example.com")
    project.cluster = f"context:{toolchain.profile}"
    status, output = project.run()
    assert status == 10
    assert "is not on the list TODO_ALLOW_SERVERS" in output
