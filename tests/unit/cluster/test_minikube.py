from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml

from pytest_todo_k8s.cluster.minikube import MinikubeCluster
from pytest_todo_k8s.cluster.provider import Cluster, Endpoint
from pytest_todo_k8s.errors import ConfigError, PhaseError, TodoK8sError
from pytest_todo_k8s.settings import ClusterChoice, Settings
from tests.unit.cluster.api_server import Answer, ApiServer, api_server, kubeconfig, listed, status
from tests.unit.cluster.stubs import Stubs, cases, prints

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODE = {
    "metadata": {"name": "dev", "uid": "n", "labels": {"minikube.k8s.io/name": "dev"}},
    "status": {
        "capacity": {"cpu": "2", "memory": "24684084Ki"},
        "nodeInfo": {
            "kubeletVersion": "v1.34.4",
            "containerRuntimeVersion": "containerd://1.6.20",
            "osImage": "Debian GNU/Linux 12 (bookworm)",
        },
    },
}
RUNNING = {"Name": "dev", "Host": "Running", "Kubelet": "Running", "APIServer": "Running", "Kubeconfig": "Configured"}
PORTS = {
    "30080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "30080"}],
    "32443/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}],
    "30500/tcp": [{"HostIp": "192.0.2.1", "HostPort": "1"}],
    "22/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32772"}],
    "31000/udp": [{"HostIp": "127.0.0.1", "HostPort": "2"}],
    "31001/tcp": None,
}
IMAGE = "todo-backend:1"
PAUSE = {"id": "cc", "repoTags": ["registry.k8s.io/pause:3.10.1"]}


@dataclass
class World:
    """A Minikube made of stubs: a profile `dev` whose API server is the test's own."""

    folder: Path
    api: ApiServer
    stubs: Stubs
    environment: dict[str, str] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    status: Any = field(default_factory=lambda: dict(RUNNING))
    images: list[dict[str, Any]] = field(default_factory=lambda: [PAUSE])
    images_later: list[dict[str, Any]] | None = None
    name: str = "dev"
    container: bool = True

    def cluster(self) -> MinikubeCluster:
        """Write the stubs as this world is now."""
        profiles = {"valid": [{"Name": "dev", "Config": self.profile}], "invalid": [{"Name": "half"}]}
        later = self.images if self.images_later is None else self.images_later
        images = (
            f'if [ -f "{self.stubs.folder}/docker.imported" ]; then\n{prints(json.dumps(later))}'
            f"else\n{prints(json.dumps(self.images))}fi"
        )
        self.stubs.add(
            "minikube",
            cases(
                ("'profile list '*", prints(json.dumps(profiles))),
                ("'status '*", f"{prints(json.dumps(self.status))} exit 7"),
                ("'image ls '*", images),
                ("'image load '* | 'image rm '*", ":"),
                ("'ssh '*", "echo cgroup2fs"),
            ),
        )
        inspected = json.dumps([{"NetworkSettings": {"Ports": PORTS}}])
        self.stubs.add(
            "docker",
            cases(
                ("'container inspect '*", prints(inspected) if self.container else "exit 1"),
                ("'save '*", "echo layers"),
                ("'exec --interactive '*", 'cat >>"$0.imported"'),
                ("'exec dev stat '*", "echo tmpfs"),
                ("'exec dev fails'", "echo 'no such file' >&2; exit 2"),
                ("'exec dev ticks'", "echo tick"),
            ),
        )
        choice = ClusterChoice("minikube", self.name)
        settings = Settings(self.folder, choice, "ns", self.folder / "out", None, None, self.environment)
        return MinikubeCluster(settings, self.stubs.toolchain(), self.stubs.commands(), self.folder)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with api_server() as api:
        port = urlsplit(api.url).port
        profile = {
            "Driver": "docker",
            "KubernetesConfig": {"ContainerRuntime": "containerd", "KubernetesVersion": "v1.34.4"},
            "Nodes": [{"Name": "", "IP": "127.0.0.1", "Port": port}],
        }
        callers = tmp_path / "caller"
        callers.mkdir()
        environment = {"KUBECONFIG": str(kubeconfig(callers, api.url, "dev"))}
        api.on("GET /api/v1/nodes", listed(NODE))
        yield World(tmp_path, api, Stubs(tmp_path), environment, profile)


def refusal(world: World) -> TodoK8sError:
    """Let `ensure` refuse this world, and check that it neither wrote to the API nor left a kubeconfig."""
    cluster = world.cluster()
    with pytest.raises((PhaseError, ConfigError)) as caught:
        cluster.ensure()
    assert world.api.writes == []
    assert caught.value.hint
    return caught.value


def test_ensure_writes_a_private_kubeconfig_and_only_reads_the_cluster(world: World) -> None:
    cluster = world.cluster()
    as_protocol: Cluster = cluster
    as_protocol.ensure()
    assert cluster.kubeconfig == world.folder / "kubeconfig"
    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600
    content = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    assert [each["name"] for each in content["contexts"]] == [cluster.context] == ["dev"]
    assert world.api.paths("GET") == ["/api/v1/nodes"]
    assert world.api.writes == []


def test_the_address_that_docker_publishes_is_the_profiles_too(world: World) -> None:
    world.profile["Nodes"][0] |= {"IP": "192.0.2.9", "Port": 22}
    callers = world.folder / "caller"
    kubeconfig(callers, "https://127.0.0.1:32772", "dev")
    assert "the API server of the Minikube profile dev fails" in refusal(world).cause


def test_a_profile_that_is_not_there(world: World) -> None:
    world.name = "other"
    error = refusal(world)
    assert error.cause == "there is no Minikube profile other"
    assert "`minikube start -p other`" in error.hint


def test_a_profile_that_is_half_made(world: World) -> None:
    world.name = "half"
    assert "half made" in refusal(world).cause


def test_a_profile_that_is_stopped(world: World) -> None:
    world.status |= {"Host": "Stopped", "Kubelet": "Stopped", "APIServer": ""}
    cause = refusal(world).cause
    assert "is not running (Host Stopped, Kubelet Stopped, APIServer unknown)" in cause
    assert world.api.asked == []


def test_a_profile_with_two_nodes(world: World) -> None:
    world.profile["Nodes"].append({"Name": "m02", "IP": "192.0.2.3", "Port": 8443})
    assert "has 2 nodes" in refusal(world).cause


@pytest.mark.parametrize("answer", ["'profile list '*", "'status '*"])
def test_minikube_that_talks_nonsense(world: World, answer: str) -> None:
    cluster = world.cluster()
    profiles = prints(json.dumps({"valid": [{"Name": "dev", "Config": world.profile}]}))
    world.stubs.add("minikube", cases((answer, "echo oops >&2"), ("'profile list '*", profiles)))
    with pytest.raises(PhaseError, match="gave no JSON: oops"):
        cluster.ensure()


def test_a_context_that_is_missing(world: World) -> None:
    world.environment["KUBECONFIG"] = str(world.folder / "absent")
    error = refusal(world)
    assert error.cause == f"{world.folder}/absent has no context dev"
    assert "update-context" in error.hint


def test_a_context_that_leads_elsewhere_is_not_even_asked(world: World) -> None:
    with api_server() as foreign:
        foreign.on("GET /api/v1/nodes", listed(NODE))
        kubeconfig(world.folder / "caller", foreign.url, "dev")
        error = refusal(world)
    assert f"leads to {foreign.url}, not to the Minikube profile" in error.cause
    assert foreign.asked == []
    assert not (world.folder / "kubeconfig").exists()


@pytest.mark.parametrize("pattern", ["127.0.0.1", "prod-*, 127.*", "http://127.0.0.1:*"])
def test_a_server_on_the_deny_list_is_not_even_asked(world: World, pattern: str) -> None:
    world.environment["TODO_DENY_SERVERS"] = pattern
    assert "is on the list TODO_DENY_SERVERS" in refusal(world).cause
    assert world.api.asked == []


def test_a_deny_list_of_others_does_not_matter(world: World) -> None:
    world.environment["TODO_DENY_SERVERS"] = "prod-*,,10.*"
    world.cluster().ensure()


@pytest.mark.parametrize("nodes", [[], [{"metadata": {"uid": "x", "labels": {"minikube.k8s.io/name": "other"}}}]])
def test_a_cluster_without_the_profiles_node(world: World, nodes: list[dict[str, Any]]) -> None:
    world.api.on("GET /api/v1/nodes", listed(*nodes))
    assert "is not that Minikube" in refusal(world).cause


def test_an_api_that_refuses_names_the_proxy(world: World) -> None:
    world.api.on("GET /api/v1/nodes", Answer(403, b"<html>not by this proxy</html>"))
    world.environment["https_proxy"] = "http://proxy"
    cause = refusal(world).cause
    assert "not by this proxy" in cause
    assert "NO_PROXY" in cause


def test_a_user_who_may_not_look_at_nodes_is_told_of_the_role(world: World) -> None:
    world.api.on("GET /api/v1/nodes", Answer(403, status(403, "Forbidden", 'cannot list resource "nodes"')))
    error = refusal(world)
    assert error.cause == 'cannot list resource "nodes"'
    assert "`todo-k8s role`" in error.hint


def test_facts(world: World) -> None:
    cluster = world.cluster()
    cluster.ensure()
    facts = cluster.facts()
    assert (facts.provider, facts.context, facts.kubernetes) == ("minikube", "dev", "v1.34.4")
    assert (facts.cpus, facts.memory_bytes, facts.cgroup_version) == (2, 24684084 * 1024, 1)


def test_load_streams_and_verifies_by_id(world: World) -> None:
    world.images_later = [{"id": "sha256:aa", "repoTags": [f"docker.io/library/{IMAGE}"], "size": "123"}]
    loaded = world.cluster().load(IMAGE, "sha256:aa")
    assert (loaded.node_image_id, loaded.node_size_bytes, loaded.skipped) == ("sha256:aa", 123, False)
    assert loaded.route == "docker save | ctr --namespace k8s.io images import -"
    assert (world.stubs.folder / "docker.imported").read_text(encoding="utf-8") == "layers\n"


def test_an_image_that_is_there_already_is_not_loaded(world: World) -> None:
    world.images = [{"id": "aa", "repoTags": [IMAGE], "size": ""}]
    loaded = world.cluster().load(IMAGE, "sha256:aa")
    assert (loaded.skipped, loaded.node_image_id, loaded.node_size_bytes) == (True, "sha256:aa", None)
    assert not any(call.startswith("save") for call in world.stubs.calls("docker"))


@pytest.mark.parametrize(
    ("images", "told"),
    [
        ([PAUSE], "yet the node does not have it"),
        ([{"id": "sha256:bb", "repoTags": [IMAGE], "size": "1"}], "yet the node has sha256:bb under that name"),
    ],
)
def test_a_load_that_lies_is_found(world: World, images: list[dict[str, Any]], told: str) -> None:
    world.images = images
    with pytest.raises(PhaseError, match=told) as caught:
        world.cluster().load(IMAGE, "sha256:aa")
    assert caught.value.phase == "load"
    assert IMAGE in caught.value.cause


def test_a_load_that_fails_names_the_tools_words(world: World) -> None:
    cluster = world.cluster()
    world.stubs.add(
        "docker",
        cases(
            ("'container inspect '*", "echo '[{}]'"),
            ("'save '*", "echo 'no space left' >&2; exit 1"),
            ("'exec '*", "cat"),
        ),
    )
    with pytest.raises(PhaseError, match="no space left"):
        cluster.load(IMAGE, "sha256:aa")


@pytest.mark.parametrize(
    ("runtime", "container", "route"),
    [
        ("docker", True, "docker load"),
        ("cri-o", True, "minikube image load"),
        ("containerd", False, "minikube image load"),
    ],
)
def test_the_route_depends_on_the_nodes_runtime(world: World, runtime: str, container: bool, route: str) -> None:
    world.profile["KubernetesConfig"]["ContainerRuntime"] = runtime
    world.container = container
    with pytest.raises(PhaseError, match=route):
        world.cluster().load(IMAGE, "sha256:aa")


def test_unload_removes_what_is_there(world: World) -> None:
    world.images = [{"id": "sha256:aa", "repoTags": [f"docker.io/library/{IMAGE}"]}]
    world.cluster().unload(IMAGE)
    assert f"image rm {IMAGE} --profile dev" in world.stubs.calls("minikube")


def test_unload_of_what_is_not_there_does_nothing(world: World) -> None:
    world.cluster().unload(IMAGE)
    assert not any(call.startswith("image rm") for call in world.stubs.calls("minikube"))


@pytest.mark.parametrize("answer", [[], None])
def test_a_node_that_names_no_image_is_not_one_without_ours(world: World, answer: Any) -> None:
    world.images = answer
    with pytest.raises(PhaseError, match="names no image, not even one of Kubernetes"):
        world.cluster().unload(IMAGE)


@pytest.mark.parametrize(("taken", "free"), [([], 30080), ([30080], 32443), ([30080, 32443], None)])
def test_free_node_port(world: World, taken: list[int], free: int | None) -> None:
    services = [{"spec": {"ports": [{"nodePort": port}, {"port": 80}]}} for port in taken]
    world.api.on("GET /api/v1/services", listed(*services, {"spec": {}}))
    cluster = world.cluster()
    cluster.ensure()
    assert cluster.free_node_port() == free


def test_endpoints(world: World) -> None:
    cluster = world.cluster()
    assert cluster.endpoint(32443) == Endpoint("http://127.0.0.1:32443", "http://127.0.0.1:32768")
    assert cluster.endpoint(31111).local_url == cluster.endpoint(31111).cluster_url


def test_commands_on_the_node(world: World) -> None:
    cluster = world.cluster()
    assert cluster.on_node(["ticks"], timeout_s=10) == "tick\n"
    with pytest.raises(PhaseError, match="no such file"):
        cluster.on_node(["fails"], timeout_s=10)
    background = cluster.start_on_node(["ticks"])
    background.process.wait(10)
    background.stop()
    assert list(background.lines) == ["tick"]


def test_without_the_nodes_container_commands_go_by_ssh(world: World) -> None:
    world.container = False
    cluster = world.cluster()
    assert cluster.on_node(["stat", "a b"], timeout_s=10) == "cgroup2fs\n"
    assert "ssh --profile dev -- sudo stat 'a b'" in world.stubs.calls("minikube")
