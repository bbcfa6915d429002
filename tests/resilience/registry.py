"""A local registry (Debian's `docker-registry`) from which nodes of the engine pull."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


@contextmanager
def serving(folder: Path, *nodes: str) -> Iterator[str]:
    """Run the registry on loopback, where the engine speaks plain http, and on the address that the nodes reach.

    Two processes share one folder; each node's containerd is told by its own means (`hosts.toml`) where the name leads.
    """
    gateway = gateway_of(nodes[0])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path, place = program(folder), f"127.0.0.1:{port}"
    servers = [serve(path, folder, address, port) for address in ("127.0.0.1", gateway)]
    hosts = f"{CERTS}/{place}"
    try:
        there = f"http://{gateway}:{port}"
        told = f'server = "{there}"\n[host."{there}"]\ncapabilities = ["pull", "resolve"]\n'
        for node in nodes:
            docker("exec", node, "mkdir", "-p", hosts)
            docker("exec", "--interactive", node, "tee", f"{hosts}/hosts.toml", given=told)
        yield f"{place}/todo"
    finally:
        for node in nodes:
            docker("exec", node, "rm", "-rf", hosts)
        for server in servers:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(10)


def gateway_of(node: str) -> str:
    """Return the engine's own address in the network of a node."""
    (network,) = json.loads(docker("container", "inspect", node))[0]["NetworkSettings"]["Networks"].values()
    return str(network["Gateway"])


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
