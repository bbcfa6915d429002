"""The few verbs that every cluster provider has, and which provider a run uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from pytest_todo_k8s.measurements import ImageLoad

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_todo_k8s.cluster.node_images import LabelledImage
    from pytest_todo_k8s.evidence import Machine
    from pytest_todo_k8s.settings import Settings
    from pytest_todo_k8s.tools.command import BackgroundCommand, CommandRunner
    from pytest_todo_k8s.tools.toolchain import Toolchain


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a NodePort service answers.

    Attributes:
        cluster_url: By the node's own address: what "through the Minikube IP" means.
        local_url: By a loopback address where the node publishes that port, else equal to `cluster_url`; series of
            requests go here.
    """

    cluster_url: str
    local_url: str


ALREADY_THERE: Final = "already there"
"""Route of an image that did not have to be brought."""


def loaded(reference: str, image_id: str, route: str, duration_s: float, size_bytes: int | None = None) -> ImageLoad:
    """Record an image whose id, read where pods get it from, is `image_id`.

    Args:
        reference: The image in the engine.
        image_id: Id of its configuration, here and there.
        route: How it was brought, or `ALREADY_THERE`.
        duration_s: How long that took.
        size_bytes: Its size on the node; None: not known.
    """
    return ImageLoad(
        reference=reference,
        image_id=image_id,
        node_image_id=image_id,
        route=route,
        duration_s=duration_s,
        skipped=route == ALREADY_THERE,
        node_size_bytes=size_bytes,
    )


def chosen(settings: Settings, toolchain: Toolchain, commands: CommandRunner, state_dir: Path) -> Cluster:
    """Return the cluster that settings name; nothing is asked of it yet.

    A run, its reaper, and whoever sweeps after it reach a cluster in this one way.

    Raises:
        ConfigError: A tool that it can't do without is not on this machine.
    """
    if settings.cluster.provider == "context":
        from pytest_todo_k8s.cluster.named_context import NamedContext  # noqa: PLC0415  only the one that is used

        return NamedContext(settings, toolchain, commands, state_dir)
    if settings.cluster.provider == "kind":
        from pytest_todo_k8s.cluster.kind import KindCluster  # noqa: PLC0415  likewise

        return KindCluster(settings, toolchain, commands, state_dir)
    from pytest_todo_k8s.cluster.minikube import MinikubeCluster  # noqa: PLC0415  likewise

    return MinikubeCluster(settings, toolchain, commands, state_dir)


class Cluster(Protocol):
    """A cluster that a run may use. Every method raises `PhaseError` with cause and remedy."""

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the tools, besides docker, that a run on it needs."""

    @property
    def pull_policy(self) -> str:
        """The chart's `imagePullPolicy` for images that `load` brought."""

    @property
    def reaches_nodes(self) -> bool:
        """Whether `on_node` and `start_on_node` work."""

    @property
    def context(self) -> str:
        """Name of the kubeconfig context."""

    @property
    def kubeconfig(self) -> Path:
        """Private kubeconfig (0600) with that one context; every client and child of the run uses it."""

    def ensure(self) -> None:
        """Check that the cluster runs and is the one that was named; write the private kubeconfig."""

    def facts(self) -> Machine:
        """Describe the cluster."""

    def load(self, reference: str, image_id: str) -> ImageLoad:
        """Bring an image of the engine to the nodes and read its id back there; skipped when it is there already."""

    def reference(self, reference: str) -> str:
        """Return the name under which pods find an image of the engine that `load` brought."""

    def unload(self, reference: str) -> None:
        """Remove an image from the nodes; it is no error if it is not there."""

    def labelled_images(self) -> list[LabelledImage]:
        """Return the images on the nodes that carry a run's label; none where the nodes are out of reach."""

    def remove_labelled(self, image: LabelledImage) -> None:
        """Remove one of them with all its names."""

    def free_node_port(self) -> int | None:
        """Return a NodePort that the node publishes on loopback and no service has, or None: let the cluster choose."""

    def endpoint(self, node_port: int) -> Endpoint:
        """Tell where a NodePort answers."""

    def on_node(self, argv: Sequence[str], *, timeout_s: float) -> str:
        """Run a read-only command on the node and return its standard output."""

    def start_on_node(self, argv: Sequence[str]) -> BackgroundCommand:
        """Start a read-only command on the node; its output lines are in `.lines`."""
