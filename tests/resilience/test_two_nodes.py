"""`context:NAME` on two nodes: a Minikube profile beside that of set-up, its pods on both nodes, and its own end.

Minikube's network for several nodes (kindnet) is an image, and its bridge is configured on the first node alone: the
second would never be Ready. So Minikube is told to bring none, and each node gets a bridge with its own part of the
pods' addresses and a route to the other's.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.bootstrap import node_image
from pytest_todo_k8s.bootstrap.binaries import KUBERNETES_VERSION
from pytest_todo_k8s.bootstrap.images import COMPONENTS, METRICS_SERVER_IMAGE, PAUSE, PROXY
from pytest_todo_k8s.tools.toolchain import Toolchain, cache_root
from tests.resilience.registry import docker, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.resilience.conftest import Project

PROFILE = "todo-two"
NODES = (PROFILE, f"{PROFILE}-m02")
IMAGES = (*(each.reference for each in COMPONENTS if each.reference != METRICS_SERVER_IMAGE), PAUSE, PROXY)
"""What a node runs; Minikube brings them to the first node alone."""
VOLUMES = "/tmp/hostpath-provisioner"  # noqa: S108  Minikube's folder of volumes, on the node
START_S = 600
READY_S = 180


class TwoNodes:
    """The profile: minikube's files and kubeconfig are the test's own, those of set-up stay as they are."""

    def __init__(self, folder: Path) -> None:
        self.toolchain = Toolchain.load(os.environ)
        self.kubeconfig = folder / "kubeconfig"
        self.home = folder / ".minikube"
        self._folder = folder

    def start(self) -> None:
        """Raise both nodes; Minikube itself would wait in vain for one that has no network yet (--wait=none)."""
        volumes = self._folder / "volumes"
        for folder in (self.home, volumes):
            folder.mkdir()
        (self.home / "cache").symlink_to(f"{self.toolchain.environment['MINIKUBE_HOME']}/cache")
        self._run(
            *("minikube", "start", f"--profile={PROFILE}", "--nodes=2", "--driver=docker", "--force"),
            *("--container-runtime=containerd", "--interactive=false", "--wait=none", "--cni=false", "--preload=false"),
            *(f"--kubernetes-version={KUBERNETES_VERSION}", f"--base-image={node_image.REFERENCE}"),
            *("--memory=4096", "--cpus=2", "--feature-gates=KubeletInUserNamespace=true"),
            # A volume is a folder on one node: shared, it is there for a pod on the other.
            *("--mount", f"--mount-string={volumes}:{VOLUMES}"),
            timeout_s=START_S,
        )
        self._bring_images(NODES[1])
        self._connect()
        for what in ("nodes", "pods"):
            self.kubectl(
                *("--namespace=kube-system", "wait", what, "--all", "--for=condition=Ready", f"--timeout={READY_S}s"),
                timeout_s=READY_S + 10,
            )

    def _bring_images(self, node: str) -> None:
        """Copy the images of the cluster's parts from the engine to a node."""
        with subprocess.Popen([self.toolchain.path("docker"), "save", *IMAGES], stdout=subprocess.PIPE) as saving:
            importing = ("exec", "--interactive", node, "ctr", "--namespace", "k8s.io", "images", "import", "-")
            subprocess.run(
                [self.toolchain.path("docker"), *importing],
                stdin=saving.stdout,
                capture_output=True,
                check=True,
                timeout=READY_S,
            )
        assert saving.returncode == 0

    def _connect(self) -> None:
        """Give each node a network for its own pods, and the way to those of the other."""
        nodes = [(each["metadata"]["name"], each["spec"]["podCIDR"], address(each)) for each in self.items("nodes")]
        for name, pods, _ in nodes:
            plugins = "/etc/cni/net.d/bridge.conflist"
            docker("exec", "--interactive", name, "tee", plugins, given=json.dumps(bridge(pods)))
            for other, others_pods, others_address in nodes:
                if other != name:
                    docker("exec", name, "ip", "route", "add", others_pods, "via", others_address)

    def items(self, *kind: str) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = json.loads(self.kubectl("get", *kind, "--output=json"))["items"]
        return listed

    def kubectl(self, *words: str, timeout_s: int = 60) -> str:
        return self._run("kubectl", f"--context={PROFILE}", *words, timeout_s=timeout_s)

    def _run(self, tool: str, *words: str, timeout_s: int) -> str:
        done = subprocess.run(
            [self.toolchain.path(tool), *words],
            env={
                **self.toolchain.child_environment(os.environ),
                "KUBECONFIG": str(self.kubeconfig),
                "TMPDIR": str(self._folder),  # minikube leaves a log of each command there
                "MINIKUBE_HOME": str(self.home),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def bridge(pods: str) -> dict[str, Any]:
    """Return the configuration of a node's network plug-in for its part of the pods' addresses."""
    own = {"type": "bridge", "bridge": "pods", "isDefaultGateway": True, "ipMasq": True, "hairpinMode": True}
    own["ipam"] = {"type": "host-local", "subnet": pods}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [own, ports]}


def address(node: dict[str, Any]) -> str:
    (found,) = (each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP")
    return str(found)


def remove() -> None:
    """Remove all that Minikube made in the engine; also what a test left that was killed."""
    client = Toolchain.load(os.environ).path("docker")
    removals = (("container", "rm", "--force", "--volumes", *NODES), ("volume", "rm", "--force", *NODES))
    for words in (*removals, ("network", "rm", PROFILE)):
        subprocess.run([client, *words], capture_output=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def two_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoNodes]:
    if "MINIKUBE_HOME" not in Toolchain.load(os.environ).environment:
        pytest.skip("the nodes are made of the images that set-up builds, and here it built none")
    remove()
    try:
        cluster = TwoNodes(tmp_path_factory.mktemp("two-nodes"))
        cluster.start()
        yield cluster
    finally:
        remove()


def test_the_gate_on_two_nodes(
    project: Project,
    two_nodes: TwoNodes,
    leftovers: Callable[[], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(two_nodes.kubeconfig))
    project.cluster = f"context:{PROFILE}"
    with serving(tmp_path, *NODES) as place:
        monkeypatch.setenv("TODO_REGISTRY", place)
        status, output = project.run()
    assert status == 0, output
    verdicts = project.verdicts()
    assert len(verdicts) == 11
    assert set(verdicts.values()) <= {"PASS", "BORDERLINE"}, output
    evidence = project.evidence()
    assert evidence["machine"]["nodes"] == 2
    # One pod of the frontend is on another node than the only backend, so requests crossed from node to node.
    assert sorted(pod["node"] for pod in evidence["deploy"]["pods"] if pod["app"] == "todo-frontend") == [*NODES]
    assert two_nodes.items("namespaces", "--selector=app.kubernetes.io/managed-by=todo-k8s") == []
    assert two_nodes.items("persistentvolumes") == []
    assert leftovers() == []


def test_as_a_profile_it_is_refused(
    project: Project, two_nodes: TwoNodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = json.loads((cache_root(os.environ) / "setup.json").read_text(encoding="utf-8"))
    recorded["environment"]["MINIKUBE_HOME"] = str(two_nodes.home)
    (tmp_path / "setup.json").write_text(json.dumps(recorded), encoding="utf-8")
    monkeypatch.setenv("TODO_K8S_CACHE", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", str(two_nodes.kubeconfig))
    project.cluster = f"minikube:{PROFILE}"
    status, output = project.run()
    assert status == 10, output
    assert f"the Minikube profile {PROFILE} has 2 nodes" in output
    assert "build" not in project.phases()
