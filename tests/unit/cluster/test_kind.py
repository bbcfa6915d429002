from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from pytest_todo_k8s.cluster.kind import KindCluster
from pytest_todo_k8s.cluster.provider import Cluster, Endpoint, chosen
from pytest_todo_k8s.errors import ConfigError, PhaseError, TodoK8sError
from pytest_todo_k8s.settings import ClusterChoice, Settings
from tests.unit.cluster.api_server import Answer, ApiServer, api_server, kubeconfig, listed, status
from tests.unit.cluster.stubs import Stubs, cases, prints

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGE = "todo-backend:1"


def node(name: str) -> dict[str, Any]:
    info = {"kubeletVersion": "v1.34.4", "containerRuntimeVersion": "containerd://1.6.20", "osImage": "Debian"}
    return {
        "metadata": {"name": name, "uid": name},
        "status": {"capacity": {"cpu": "2", "memory": "1Ki"}, "nodeInfo": info},
    }


@dataclass
class World:
    """A kind cluster `dev` made of stubs; its API server is the test's own, "published" by the node."""

    folder: Path
    api: ApiServer
    stubs: Stubs
    environment: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=lambda: {"io.x-k8s.kind.cluster": "dev"})
    state: str = "running"
    kept: str = "sha256:aa"

    def cluster(self) -> KindCluster:
        port = str(urlsplit(self.api.url).port)
        ports = {
            "6443/tcp": [{"HostIp": "127.0.0.1", "HostPort": port}],
            "30080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}],
        }
        container = {
            "Config": {"Labels": self.labels},
            "State": {"Status": self.state},
            "NetworkSettings": {"Ports": ports, "Networks": {"kind": {"IPAddress": "192.0.2.5"}}},
        }
        after = {"images": [{"id": self.kept, "repoTags": [f"docker.io/library/{IMAGE}"], "size": "7"}]}
        images = f'if [ -e "$0.imported" ]; then\n{prints(json.dumps(after))}else\necho \'{{"images": []}}\'\nfi'
        self.stubs.add(
            "docker",
            cases(
                ("'container inspect dev-control-plane'", prints(json.dumps([container]))),
                ("'container inspect '*", "exit 1"),
                ("'save '*", "echo layers"),
                ("'exec --interactive dev-control-plane ctr '*", 'cat >"$0.imported"'),
                ("'exec dev-control-plane crictl images '*", images),
                ("'exec dev-control-plane crictl rmi '*", "echo 'no such image' >&2; exit 1"),
                ("'exec dev-control-plane stat '*", "echo cgroup2fs"),
            ),
        )
        settings = Settings(
            self.folder, ClusterChoice("kind", "dev"), "ns", self.folder / "out", None, None, self.environment
        )
        found = chosen(settings, self.stubs.toolchain(), self.stubs.commands(), self.folder)
        assert isinstance(found, KindCluster)
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with api_server() as api:
        callers = tmp_path / "caller"
        callers.mkdir()
        api.on("GET /api/v1/nodes", listed(node("dev-control-plane")))
        yield World(tmp_path, api, Stubs(tmp_path), {"KUBECONFIG": str(kubeconfig(callers, api.url, "kind-dev"))})


def refusal(world: World) -> TodoK8sError:
    """Let `ensure` refuse, and check that nothing was written to the API."""
    with pytest.raises((PhaseError, ConfigError)) as caught:
        world.cluster().ensure()
    assert world.api.writes == []
    assert caught.value.hint
    return caught.value


def test_the_cluster_is_found_and_only_read(world: World) -> None:
    cluster: Cluster = world.cluster()
    cluster.ensure()
    assert (cluster.context, cluster.pull_policy, cluster.reaches_nodes) == ("kind-dev", "Never", True)
    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600
    machine = cluster.facts()
    assert (machine.provider, machine.node_ip, machine.cgroup_version) == ("kind", "192.0.2.5", 2)
    assert world.api.writes == []


def test_a_container_without_kinds_label_is_no_cluster(world: World) -> None:
    world.labels = {}
    assert refusal(world).cause == "there is no kind cluster dev in the engine in use"
    assert world.api.asked == []


def test_a_stopped_node(world: World) -> None:
    world.state = "exited"
    error = refusal(world)
    assert error.cause == "the node of the kind cluster dev is exited"
    assert "docker start dev-control-plane" in error.hint


def test_a_context_that_is_missing_or_leads_elsewhere_is_not_asked(world: World) -> None:
    kubeconfig(world.folder / "caller", "https://127.0.0.1:1", "kind-dev")
    assert "leads to https://127.0.0.1:1, not to the node" in refusal(world).cause
    world.environment["KUBECONFIG"] = str(world.folder / "absent")
    assert "has no context kind-dev" in refusal(world).cause
    assert world.api.asked == []


def test_a_denied_server(world: World) -> None:
    world.environment["TODO_DENY_SERVERS"] = "127.*"
    assert "TODO_DENY_SERVERS" in refusal(world).cause
    assert world.api.asked == []


@pytest.mark.parametrize("nodes", [(), ("dev-control-plane", "dev-worker"), ("other",)])
def test_another_cluster_or_more_nodes(world: World, nodes: tuple[str, ...]) -> None:
    world.api.on("GET /api/v1/nodes", listed(*map(node, nodes)))
    assert "is not that kind cluster of one node" in refusal(world).cause


def test_an_api_that_fails_or_forbids(world: World) -> None:
    world.api.on("GET /api/v1/nodes", Answer(404, b"nothing here"))
    assert "fails: nothing here" in refusal(world).cause
    world.api.on("GET /api/v1/nodes", Answer(403, status(403, "Forbidden", "nodes is forbidden")))
    assert "`todo-k8s role`" in refusal(world).hint


def test_an_image_is_loaded_verified_and_skipped_the_second_time(world: World) -> None:
    cluster = world.cluster()
    first = cluster.load(IMAGE, "sha256:aa")
    assert first.route == "docker save | ctr --namespace k8s.io images import -"
    assert (first.node_image_id, first.node_size_bytes) == ("sha256:aa", 7)
    assert cluster.load(IMAGE, "sha256:aa").skipped


def test_a_load_that_silently_failed_is_named(world: World) -> None:
    world.kept = "sha256:old"
    with pytest.raises(PhaseError, match="without an error, yet the node has sha256:old"):
        world.cluster().load(IMAGE, "sha256:aa")


def test_an_image_that_can_not_be_removed_is_told(world: World) -> None:
    cluster = world.cluster()
    cluster.unload(IMAGE)
    cluster.load(IMAGE, "sha256:aa")
    with pytest.raises(PhaseError, match="no such image"):
        cluster.unload(IMAGE)


def test_ports(world: World) -> None:
    cluster = world.cluster()
    cluster.ensure()
    world.api.on("GET /api/v1/services", listed())
    assert cluster.free_node_port() == 30080
    assert cluster.endpoint(30080) == Endpoint("http://192.0.2.5:30080", "http://127.0.0.1:8080")
    assert cluster.endpoint(30099) == Endpoint("http://192.0.2.5:30099", "http://192.0.2.5:30099")
