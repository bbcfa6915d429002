"""Reading running containers from the node: with a host that knows a few commands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_todo_k8s.inspection import Mount, NodeContainer, containers

ID = "f" * 64
FILES = {
    "status": "Name:\tpython3\nUid:\t10001\t10001\t10001\t10001\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\n",
    "mountinfo": (
        "1 0 0:1 / / ro,relatime - overlay overlay rw,lowerdir=/a\n"
        "2 1 8:1 /x /tmp\\040x rw,nosuid - ext4 /dev/sda1 rw\n"
        "3 1 0:5 / /data rw - tmpfs tmpfs ro,size=1k\n"
    ),
    "net/tcp": "  sl  local_address\n   0: 00000000:1F90 00000000:0000 0A\n   1: 0100007F:1F91 0100007F:0001 01\n",
    "net/tcp6": "  sl  local_address\n   0: 00000000000000000000000000000000:0BB8 0:0 0A\n",
    "environ": "PORT=8080\0EMPTY=\0URL=a=b\0",
}


class Host:
    """A node."""

    def __init__(self, grep: str = "") -> None:
        self.grep = grep
        self.readable = True
        self.ran: list[str] = []

    def check_output(self, command: str, *words: str) -> str:
        if command.startswith("find"):
            self.ran.append(command % words)
            assert self.readable, "find ended with status 1"
            return "/proc/17/root/bin/su\n"
        assert command == "cat /proc/%s/%s"
        assert words[0] == "17"
        return FILES[words[1]]

    def run(self, command: str, *words: str) -> Any:
        self.ran.append(command % words)
        return SimpleNamespace(stdout=self.grep)


def container() -> NodeContainer:
    return NodeContainer("pod-1", "todo-backend", "backend", 17, Host())


def pod(state: str = "running") -> dict[str, Any]:
    status = {"name": "backend", "containerID": f"containerd://{ID}", "state": {state: {}}}
    return {
        "metadata": {"name": "pod-1", "labels": {"app": "todo-backend"}},
        "status": {"containerStatuses": [status]},
    }


def test_what_proc_says() -> None:
    inside = container()
    assert inside.status("NoNewPrivs") == "1"
    assert inside.status("Uid").split()[0] == "10001"
    assert inside.listening() == {8080, 3000}
    assert inside.environment() == {"PORT": "8080", "EMPTY": "", "URL": "a=b"}


def test_mounts_are_read_only_by_themselves_or_by_their_file_system() -> None:
    assert container().mounts() == [
        Mount("/", "overlay", writable=False),
        Mount("/tmp x", "ext4", writable=True),  # noqa: S108  a path of the container
        Mount("/data", "tmpfs", writable=False),
    ]


def test_files_are_found_by_their_path_in_the_container() -> None:
    inside = container()
    assert inside.find("-perm", "/6000") == ["/bin/su"]
    assert inside.host.ran == ["find /proc/17/root/ -xdev -perm /6000"]


def test_a_search_that_could_not_look_is_no_empty_find() -> None:
    inside = container()
    inside.host.readable = False
    with pytest.raises(AssertionError, match="status 1"):
        inside.find("-perm", "/6000")


def test_the_first_process_of_a_container_is_the_one_with_the_lowest_number() -> None:
    host = Host(f"/proc/218/cgroup:{ID}\n/proc/217/cgroup:{ID}\n/proc/217/cgroup:{ID}\n")
    [found] = containers(host, [pod(), pod("terminated")])
    assert (found.pod, found.app, found.name, found.pid) == ("pod-1", "todo-backend", "backend", 217)


def test_a_container_without_a_process_is_no_small_thing() -> None:
    with pytest.raises(LookupError, match="the container backend of pod-1 has no process on this node"):
        containers(Host(), [pod()])
    assert containers(Host(), []) == []
