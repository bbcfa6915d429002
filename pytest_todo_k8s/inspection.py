"""Looks into running containers from the node they run on: their images need neither a shell nor a tool for it.

The root file system of a container's first process is `/proc/PID/root` on the node; mounts, sockets and rights stand
beside it (proc(5)). All of it is read by pytest-testinfra's host, so tests of one's own can go on from there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LISTENING: Final = "0A"
"""State of a listening TCP socket in /proc/net/tcp (Linux: include/net/tcp_states.h)."""
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount as a container sees it."""

    path: str
    kind: str
    writable: bool


@dataclass(frozen=True, slots=True)
class NodeContainer:
    """A running container, seen from its node.

    Attributes:
        pod: Name of the pod.
        app: The pod's label `app`.
        name: Name of the container.
        pid: Its first process, as the node counts.
        host: The node, a pytest-testinfra host.
    """

    pod: str
    app: str
    name: str
    pid: int
    host: Any

    @property
    def root(self) -> str:
        """Its root file system, as a path on the node."""
        return f"/proc/{self.pid}/root"

    def read(self, name: str) -> str:
        """Return a file of its first process below /proc, such as `status`."""
        return str(self.host.check_output("cat /proc/%s/%s", str(self.pid), name))

    def status(self, key: str) -> str:
        """Return a line's value of /proc/PID/status, such as that of `CapEff`."""
        values = dict(line.split(":", 1) for line in self.read("status").splitlines() if ":" in line)
        return values[key].strip()

    def mounts(self) -> list[Mount]:
        """Return its mounts (proc(5): mountinfo); a mount that hides another one comes after it."""
        return [_mount(line) for line in self.read("mountinfo").splitlines()]

    def listening(self) -> set[int]:
        """Return the TCP ports of its pod on which somebody listens, loopback included."""
        lines = [*self.read("net/tcp").splitlines()[1:], *self.read("net/tcp6").splitlines()[1:]]
        fields = [line.split() for line in lines]
        return {int(each[1].rpartition(":")[2], 16) for each in fields if each[3] == _LISTENING}

    def environment(self) -> dict[str, str]:
        """Return the variables its first process was started with."""
        pairs = [pair.partition("=") for pair in self.read("environ").split("\0") if pair]
        return {name: value for name, _, value in pairs}

    def find(self, *test: str) -> list[str]:
        """Return what `find` finds on its own root file system, mounts left out, as paths of the container.

        Raises:
            AssertionError: It could not look everywhere (pytest-testinfra's `check_output`): nothing found is no news.
        """
        words = " ".join(["%s"] * len(test))
        found = self.host.check_output(f"find %s -xdev {words}", f"{self.root}/", *test).splitlines()
        return sorted(f"/{path.removeprefix(self.root).lstrip('/')}" for path in found)


def containers(host: Any, pods: Iterable[Mapping[str, Any]]) -> list[NodeContainer]:
    """Return the running containers of pods (raw JSON) with their first processes on the node.

    Raises:
        LookupError: A container that runs has no process there.
    """
    running = [
        (pod["metadata"], status["name"], status["containerID"].rpartition("://")[2])
        for pod in pods
        for status in (pod.get("status") or {}).get("containerStatuses") or []
        if "running" in (status.get("state") or {})
    ]
    processes = _first_processes(host, [container_id for *_, container_id in running])
    found = []
    for metadata, name, container_id in running:
        if container_id not in processes:
            raise LookupError(f"the container {name} of {metadata['name']} has no process on this node")
        app = (metadata.get("labels") or {}).get("app", "")
        found.append(NodeContainer(metadata["name"], app, name, processes[container_id], host))
    return found


def _first_processes(host: Any, ids: Sequence[str]) -> dict[str, int]:
    """Find by the names of their cgroups, which hold the container's id with every runtime, the first of each."""
    if not ids:
        return {}
    # Processes come and go meanwhile, so grep's status says nothing.
    lines = host.run("grep -HoE %s /proc/[0-9]*/cgroup", "|".join(ids)).stdout.splitlines()
    found: dict[str, int] = {}
    for line in lines:
        path, _, container_id = line.partition(":")
        pid = int(path.split("/")[2])
        found[container_id] = min(pid, found.get(container_id, pid))
    return found


def _mount(line: str) -> Mount:
    before, _, after = line.partition(" - ")
    fields = before.split()
    path = _ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), fields[4])
    # Either the mount or its file system may be read-only.
    options = {*fields[5].split(","), *after.split()[2].split(",")}
    return Mount(path, after.split()[0], "ro" not in options)
