"""A cluster in memory for the tests of the phases: what it is told it holds, and what was asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from pytest_todo_k8s.cluster.kube import Kube, KubeError
from pytest_todo_k8s.cluster.provider import Endpoint
from pytest_todo_k8s.evidence import Machine
from pytest_todo_k8s.measurements import Build, ImageBuild, ImageLoad
from tests.unit.cluster.release import manifests, up
from tests.unit.cluster.stubs import Stubs, cases, prints
from tests.unit.running import run_context

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_todo_k8s.cluster.node_images import LabelledImage
    from pytest_todo_k8s.context import RunContext

NAMESPACE = "/api/v1/namespaces/test-namespace"
REFUSED = 'pods "todo-control" is forbidden: violates PodSecurity "restricted:v1.34": privileged'
GROUPS = {"apps/v1": ("Deployment", "StatefulSet"), "batch/v1": ("Job",)}


class LiveKube(Kube):
    """An API that holds lists by path, judges dry runs and plays a watch.

    Attributes:
        lists: Collections by path.
        refusals: Error messages by the name of the object whose creation is refused.
        created: What was created, as (path, body, dry run).
        changes: What a watch on pods gives.
        denied: Rights that the user does not have, such as `nodes list`.
    """

    def __init__(self) -> None:
        self.lists: dict[str, list[dict[str, Any]]] = {f"{NAMESPACE}/pods": up()}
        self.refusals: dict[str, str] = {"todo-control": REFUSED}
        self.created: list[tuple[str, dict[str, Any], bool]] = []
        self.changes: list[tuple[str, dict[str, Any]]] = [("ADDED", pod) for pod in up()]
        self.denied: set[str] = set()
        self.log = '{"level": "info"}\n'

    def get(self, path: str, **_query: object) -> dict[str, Any]:
        if path == "/apis":
            return {"groups": [{"preferredVersion": {"groupVersion": group}} for group in GROUPS]}
        if path == "/api/v1":
            return _resources("Service", "Secret", "Pod", "ConfigMap", "PersistentVolumeClaim")
        if path.removeprefix("/apis/") in GROUPS:
            return _resources(*GROUPS[path.removeprefix("/apis/")])
        if path.endswith("/services/todo-frontend-service"):
            return {"spec": {"ports": [{"port": 80, "nodePort": 30080}]}}
        named = next((each for each in manifests() if path.endswith(f"s/{each['metadata']['name']}")), None)
        if named:
            return named
        raise KubeError(404, "NotFound", f"{path} not found")

    def merged(self, path: str, _body: Mapping[str, Any]) -> dict[str, Any]:
        return self.get(path)

    def items(self, path: str, **_query: object) -> list[dict[str, Any]]:
        return self.lists.get(path, [])

    def create(self, path: str, body: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        if body["kind"] == "SelfSubjectAccessReview":
            asked = body["spec"]["resourceAttributes"]
            return {"status": {"allowed": f"{asked['resource']} {asked['verb']}" not in self.denied}}
        name = str(body["metadata"]["name"])
        if name in self.refusals:
            raise KubeError(403, "Forbidden", self.refusals[name])
        self.created.append((path, dict(body), dry_run))
        return {"metadata": {"name": name, "uid": f"uid-of-{name}"}}

    def would_apply(self, path: str, body: Mapping[str, Any]) -> None:
        self.create(path, body, dry_run=True)

    def text(self, path: str, **_query: Any) -> str:
        assert path.startswith(f"{NAMESPACE}/pods/")
        return self.log

    def text_part(self, path: str, **_query: Any) -> tuple[str, bool]:
        return self.text(path), True

    def watch(self, path: str, deadline_s: float, **_query: object) -> Iterator[Any]:
        assert path == f"{NAMESPACE}/pods"
        assert deadline_s > 0
        yield from self.changes

    @property
    def stored(self) -> list[str]:
        """`Kind/name` of what was really created."""
        return [f"{body['kind']}/{body['metadata']['name']}" for _, body, dry_run in self.created if not dry_run]


def _resources(*kinds: str) -> dict[str, Any]:
    plural = {kind: f"{kind.lower()}s" for kind in kinds}
    return {
        "resources": [{"name": plural[kind], "kind": kind, "namespaced": True, "verbs": ["list"]} for kind in kinds]
    }


class LiveCluster:
    """The provider's side of it."""

    context = "dev"
    tools = ("minikube", "kubectl", "helm")
    pull_policy = "Never"
    reaches_nodes = True
    place = ""

    def __init__(self, folder: Path) -> None:
        self.kubeconfig = folder / "kubeconfig"
        self.loaded: list[tuple[str, str]] = []
        self.ensured = False
        self.on_nodes: list[LabelledImage] = []

    def ensure(self) -> None:
        self.ensured = True

    def facts(self) -> Machine:
        return machine()

    def load(self, reference: str, image_id: str) -> ImageLoad:
        self.loaded.append((reference, image_id))
        return ImageLoad(
            reference=reference, image_id=image_id, node_image_id=image_id, route="test", duration_s=1.5, skipped=False
        )

    def reference(self, reference: str) -> str:
        return f"{self.place}{reference}"

    def labelled_images(self) -> list[LabelledImage]:
        return self.on_nodes

    def remove_labelled(self, image: LabelledImage) -> None:
        self.on_nodes.remove(image)

    def free_node_port(self) -> int:
        return 30080

    def endpoint(self, node_port: int) -> Endpoint:
        return Endpoint(f"http://192.0.2.2:{node_port}", f"http://127.0.0.1:{node_port}")


def machine() -> Machine:
    return Machine(
        provider="minikube",
        context="dev",
        kubernetes="v1.34.4",
        runtime="containerd://1.6.20",
        node_os="Debian",
        nodes=1,
        cpus=2,
        memory_bytes=1,
    )


def built() -> Build:
    return Build(wall_s=1.0, images=[image(name) for name in ("backend", "frontend", "postgres", "gemini-emulator")])


def image(name: str) -> ImageBuild:
    return ImageBuild(
        name=name,
        judged=name in ("backend", "frontend"),
        reference=f"todo-{name}:abc",
        image_id=f"sha256:{name}",
        start_s=0.0,
        duration_s=1.0,
        no_cache=True,
        size_bytes=1,
        history_bytes=1,
        store="overlay2",
    )


REFUSING = (
    "'template '*'wrong-values.yaml'",
    "echo \"Error: values don't meet the specifications of the schema(s): at '/x'\" >&2; exit 1",
)
KUBECTL = 'echo "Forwarding from 127.0.0.1:4711 -> 1"; exec sleep 60'


def helm(*more: tuple[str, str], rendered: str | None = None) -> str:
    """Return a stub Helm that renders `manifests`; `more` cases come first."""
    text = prints(yaml.safe_dump_all(manifests()) if rendered is None else rendered)
    return cases(
        *more,
        REFUSING,
        ("'lint '*", ":"),
        ("'template '* | 'get manifest '*", text),
        ("'upgrade --install '*", "echo deployed"),
        ("'get metadata '*", "echo 'revision: 1'"),
    )


def context(folder: Path, helm_stub: str | None = None) -> tuple[RunContext, LiveKube, Stubs]:
    """Return a run after its build phase, with a chart that renders to `manifests`."""
    stubs, kube = Stubs(folder), LiveKube()
    stubs.add("helm", helm_stub or helm())
    stubs.add("kubectl", KUBECTL)
    chart = folder / "charts" / "todo-chatbot-chart"
    chart.mkdir(parents=True)
    (chart / "values-dev.yaml").touch()
    run = run_context(
        folder, toolchain=stubs.toolchain(), commands=stubs.commands(), cluster=LiveCluster(folder), kube=kube
    )
    run.evidence.machine = machine()
    run.evidence.build = built()
    return run, kube, stubs
