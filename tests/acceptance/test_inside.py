"""What runs inside the containers, read from the node by pytest-testinfra: the images have no shell to ask with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_todo_k8s.fixtures import TodoCluster
    from pytest_todo_k8s.inspection import NodeContainer

APPS = ("todo-backend", "todo-frontend", "todo-postgres")
LOWEST_USER = 10001
SECCOMP_FILTER = "2"
TOOLS = (
    "sh bash dash ash busybox apt apt-get dpkg apk pip pip3 npm npx corepack gcc cc ld make curl wget nc ssh su sudo"
)
SHELL = {"todo-postgres": ["/usr/bin/sh"]}
"""The entry point of the database's image is a script; it is no image of the application."""
PORTS = {"todo-backend": {8080}, "todo-frontend": {3000}, "todo-postgres": {5432}}
WRITABLE = {
    "todo-backend": {"/tmp"},  # noqa: S108  where the container may write
    "todo-frontend": {"/tmp"},  # noqa: S108  likewise
    "todo-postgres": {"/tmp", "/var/lib/postgresql", "/run/postgresql", "/var/run/postgresql"},  # noqa: S108  likewise
}
KUBELETS = "/etc/hosts"
"""The kubelet writes it and mounts it writable; its rights keep everybody but root from it."""
KERNEL = ("/dev", "/proc", "/sys")
"""Mounts that are the kernel's, not files."""
SECRETS = {"DATABASE_URL", "JWT_SECRET", "GEMINI_API_KEY", "BETTER_AUTH_SECRET", "POSTGRES_PASSWORD"}
NEEDED = {
    "todo-backend": {"DATABASE_URL", "JWT_SECRET", "GEMINI_API_KEY"},
    "todo-frontend": {"BETTER_AUTH_SECRET"},
    "todo-postgres": set[str](),
}


@pytest.fixture(params=APPS)
def inside(request: pytest.FixtureRequest, todo_containers: list[NodeContainer]) -> list[NodeContainer]:
    """All containers of one application."""
    found = [each for each in todo_containers if each.app == request.param]
    assert found, f"no container of {request.param} runs"
    return found


def test_the_process_is_nobody_s_and_owns_nothing(inside: list[NodeContainer]) -> None:
    for each in inside:
        users = {int(number) for number in each.status("Uid").split()}
        assert min(users) >= LOWEST_USER, each.pod
        assert int(each.status("CapEff"), 16) == int(each.status("CapBnd"), 16) == 0, each.pod
        assert each.status("NoNewPrivs") == "1", each.pod
        assert each.status("Seccomp") == SECCOMP_FILTER, each.pod


def test_the_root_file_system_is_read_only_and_little_else_is_not(inside: list[NodeContainer]) -> None:
    for each in inside:
        mounts = {mount.path: mount for mount in each.mounts()}
        assert not mounts["/"].writable, each.pod
        writable = {path for path, mount in mounts.items() if mount.writable and not path.startswith(KERNEL)}
        allowed = {*WRITABLE[each.app], KUBELETS}
        hosts = each.host.file(f"{each.root}{KUBELETS}")
        assert (hosts.uid, hosts.mode & 0o022) == (0, 0), each.pod
        assert {path for path in writable if not any(f"{path}/".startswith(f"{place}/") for place in allowed)} == set()
        assert "/tmp" in writable, each.pod  # noqa: S108  a path of the container


def test_no_file_lends_rights(inside: list[NodeContainer]) -> None:
    for each in inside:
        assert each.find("-perm", "/6000", "-type", "f") == [], each.pod


def test_no_tools_for_an_intruder(inside: list[NodeContainer]) -> None:
    for each in inside[:1]:  # replicas have the same image
        words = [word for tool in TOOLS.split() for word in ("-o", "-name", tool)][1:]
        found = each.find("-path", "*/bin/*", "(", *words, ")")
        assert found == SHELL.get(each.app, []), each.pod


def test_nothing_of_the_work_on_it_is_in_the_image(inside: list[NodeContainer]) -> None:
    for each in inside[:1]:
        names = ("-name", ".env", "-o", "-name", ".git", "-o", "-name", "*.map", "-o", "-name", "Dockerfile")
        found = [path for path in each.find("(", *names, ")") if not path.startswith(KERNEL)]
        assert found == [], each.pod


def test_no_token_of_the_api(inside: list[NodeContainer]) -> None:
    for each in inside:
        places = {mount.path for mount in each.mounts() if "serviceaccount" in mount.path}
        assert places == set(), each.pod
        assert not each.host.file(f"{each.root}/var/run/secrets/kubernetes.io").exists, each.pod


def test_only_the_service_listens(inside: list[NodeContainer]) -> None:
    for each in inside:
        assert each.listening() == PORTS[each.app], each.pod


def test_each_holds_its_own_secrets_and_no_other(inside: list[NodeContainer]) -> None:
    for each in inside:
        held = {name for name in each.environment() if name in SECRETS}
        assert held <= NEEDED[each.app], each.pod


def test_the_node_runs_the_kubelet_and_the_runtime(todo_node: Any, todo_cluster: TodoCluster) -> None:
    runtime = todo_cluster.machine.runtime.partition("://")[0]
    for name in ("kubelet", runtime):
        assert todo_node.service(name).is_running, name
    assert todo_node.sysctl("net.ipv4.ip_forward") == 1
