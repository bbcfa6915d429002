from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.cluster.named_context import NamedContext
from pytest_todo_k8s.cluster.provider import Cluster, Endpoint, chosen
from pytest_todo_k8s.errors import ConfigError, PhaseError, TodoK8sError
from pytest_todo_k8s.settings import ClusterChoice, Settings
from tests.unit.cluster.api_server import Answer, ApiServer, api_server, kubeconfig, listed, status
from tests.unit.cluster.stubs import Stubs, cases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "arn:aws:eks:eu-west-1:1:cluster/dev"
IMAGE = "todo-backend:abc"


def node(cpu: str, *addresses: tuple[str, str]) -> dict[str, object]:
    return {
        "metadata": {"name": "n", "uid": cpu},
        "status": {
            "capacity": {"cpu": cpu, "memory": "1Ki"},
            "addresses": [{"type": kind, "address": address} for kind, address in addresses],
            "nodeInfo": {"kubeletVersion": "v1.34.4", "containerRuntimeVersion": "containerd://2", "osImage": "Linux"},
        },
    }


NODES = (node("2", ("InternalIP", "192.0.2.7"), ("Hostname", "n")), node("4", ("InternalIP", "192.0.2.8")))


@dataclass
class World:
    """A cluster behind a context, and a registry that has what was pushed to it, or another image."""

    folder: Path
    api: ApiServer
    stubs: Stubs
    environment: dict[str, str] = field(default_factory=dict)
    registry: str | None = "registry.example/team"
    kept: str = "sha256:c"

    def cluster(self) -> NamedContext:
        pushed = f"{self.stubs.folder}/pushed"
        there = f"[ -e {pushed} ] || {{ echo 'no such manifest' >&2; exit 1; }}"
        config = f"""{there}; echo '{{"config": {{"digest": "{self.kept}"}}}}'"""
        self.stubs.add(
            "docker",
            cases(
                ("'tag '* | 'image rm '*", ":"),
                ("'info '*", "echo '{}'"),
                ("'push '*", f"touch {pushed}"),
                ("'manifest inspect '*", config),
            ),
        )
        settings = Settings(
            self.folder,
            ClusterChoice("context", NAME),
            "ns",
            self.folder / "out",
            None,
            None,
            self.environment,
            registry=self.registry,
        )
        found = chosen(settings, self.stubs.toolchain(), self.stubs.commands(), self.folder)
        assert isinstance(found, NamedContext)
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with api_server() as api:
        callers = tmp_path / "caller"
        callers.mkdir()
        api.on("GET /api/v1/nodes", listed(*NODES))
        yield World(tmp_path, api, Stubs(tmp_path), {"KUBECONFIG": str(kubeconfig(callers, api.url, NAME))})


def refusal(world: World) -> TodoK8sError:
    """Let `ensure` refuse, and check that nothing was written to the API."""
    with pytest.raises((PhaseError, ConfigError)) as caught:
        world.cluster().ensure()
    assert world.api.writes == []
    return caught.value


def test_a_context_is_used_as_it_is_named_and_only_read(world: World) -> None:
    cluster: Cluster = world.cluster()
    cluster.ensure()
    assert cluster.context == NAME
    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert world.api.paths("GET") == ["/api/v1/nodes"]
    assert world.api.writes == []
    machine = cluster.facts()
    assert (machine.provider, machine.nodes, machine.cpus, machine.memory_bytes) == ("context", 2, 6, 2048)


def test_a_context_that_is_not_there(world: World) -> None:
    world.environment["KUBECONFIG"] = str(world.folder / "absent")
    assert f"has no context {NAME}" in refusal(world).cause
    assert world.api.asked == []


@pytest.mark.parametrize(
    ("variable", "patterns", "said"),
    [
        ("TODO_DENY_SERVERS", "127.*", "is on the list TODO_DENY_SERVERS"),
        ("TODO_ALLOW_SERVERS", "dev-*.example.com, 10.*", "is not on the list TODO_ALLOW_SERVERS"),
    ],
)
def test_a_foreign_server_is_not_even_asked(world: World, variable: str, patterns: str, said: str) -> None:
    world.environment[variable] = patterns
    assert said in refusal(world).cause
    assert world.api.asked == []


def test_the_deny_list_wins_over_the_allow_list(world: World) -> None:
    world.environment |= {"TODO_DENY_SERVERS": "127.0.0.1", "TODO_ALLOW_SERVERS": "127.*"}
    assert "TODO_DENY_SERVERS" in refusal(world).cause
    del world.environment["TODO_DENY_SERVERS"]
    world.cluster().ensure()


def test_a_user_without_rights_is_told_of_the_role(world: World) -> None:
    world.api.on("GET /api/v1/nodes", Answer(403, status(403, "Forbidden", "nodes is forbidden")))
    assert "`todo-k8s role`" in refusal(world).hint


def test_a_cluster_that_fails_and_one_without_nodes(world: World) -> None:
    world.api.on("GET /api/v1/nodes", Answer(404, b"not here"))
    assert "fails: not here" in refusal(world).cause
    world.api.on("GET /api/v1/nodes", listed())
    assert "has no node" in refusal(world).cause


def test_a_load_needs_a_registry(world: World) -> None:
    world.registry = None
    with pytest.raises(ConfigError, match="--todo-registry"):
        world.cluster().load(IMAGE, "sha256:c")


def test_whoever_takes_a_run_down_needs_no_registry(world: World) -> None:
    world.registry = None
    cluster = world.cluster()
    cluster.ensure()
    cluster.unload("registry.example/team/todo-backend:abc")
    assert world.stubs.calls("docker") == []


def test_images_are_pushed_once_and_verified(world: World) -> None:
    cluster = world.cluster()
    first = cluster.load(IMAGE, "sha256:c")
    assert (first.route, first.node_image_id, first.skipped) == (
        "docker push to registry.example/team",
        "sha256:c",
        False,
    )
    assert cluster.load(IMAGE, "sha256:c").skipped
    assert cluster.reference(IMAGE) == "registry.example/team/todo-backend:abc"
    assert len([call for call in world.stubs.calls("docker") if call.startswith("push")]) == 1


def test_a_push_that_silently_failed_is_found_and_named(world: World) -> None:
    world.kept = "sha256:old"
    with pytest.raises(PhaseError, match=r"was pushed without an error, yet the registry has sha256:old") as caught:
        world.cluster().load(IMAGE, "sha256:c")
    assert caught.value.phase == "load"


@pytest.mark.parametrize(
    ("addresses", "url"),
    [
        ([("InternalIP", "192.0.2.7"), ("ExternalIP", "198.51.100.1")], "http://198.51.100.1:30123"),
        ([("Hostname", "n"), ("InternalIP", "192.0.2.7")], "http://192.0.2.7:30123"),
        ([("InternalIP", "2001:db8::1")], "http://[2001:db8::1]:30123"),
    ],
)
def test_the_frontend_answers_on_the_first_nodes_address(
    world: World, addresses: list[tuple[str, str]], url: str
) -> None:
    world.api.on("GET /api/v1/nodes", listed(node("1", *addresses)))
    cluster = world.cluster()
    cluster.ensure()
    assert cluster.free_node_port() is None
    assert cluster.endpoint(30123) == Endpoint(url, url)


def test_a_node_without_an_address(world: World) -> None:
    world.api.on("GET /api/v1/nodes", listed(node("1")))
    cluster = world.cluster()
    cluster.ensure()
    with pytest.raises(PhaseError, match="tells no address"):
        cluster.facts()


def test_nodes_are_out_of_reach(world: World) -> None:
    cluster = world.cluster()
    assert not cluster.reaches_nodes
    assert cluster.labelled_images() == []
    with pytest.raises(PhaseError, match="out of reach"):
        cluster.on_node(["ls"], timeout_s=1.0)
    with pytest.raises(PhaseError, match="out of reach"):
        cluster.start_on_node(["ls"])
