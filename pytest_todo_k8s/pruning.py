"""Removes images of dead runs that no journal knows any more, from the engine and from the cluster's nodes.

An image tells by its labels which run made it, by which process, and until when; only that decides, never its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.errors import TodoK8sError
from pytest_todo_k8s.ownership import RUN_ID, SELECTOR, owner_of_image
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pytest_todo_k8s.cluster.provider import Cluster
    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.tools.docker import Engine

_TIMEOUT_S: Final = 60.0


def prune(context: RunContext, engine: Engine) -> list[str]:
    """Remove images of dead runs; what can't be removed stays, and the reason is told.

    A run that has a journal, or a namespace, is left to those who look after it: it may be kept on purpose.

    Returns:
        One line for each image.

    Raises:
        EngineError: The engine does not answer.
        KubeError: The namespaces can't be listed.
    """
    spared = {folder.name for folder in context.state_dir.parent.iterdir()}
    namespaces = context.kube.items("/api/v1/namespaces", labelSelector=SELECTOR)
    spared |= {str(each["metadata"]["labels"].get(RUN_ID)) for each in namespaces}
    lines = []
    for names, labels in engine.labelled(RUN_ID):
        if _dead(labels, spared):
            argv = [str(context.toolchain.path("docker")), "image", "rm", *names]
            removed = context.commands.run(argv, timeout_s=_TIMEOUT_S, check=False)
            problem = "" if removed.ok else str(CommandError(removed))
            lines.append(_line("the engine", names, labels, problem))
    return [*lines, *_prune_nodes(context.cluster, spared)]


def _prune_nodes(cluster: Cluster, spared: Collection[str]) -> list[str]:
    lines = []
    try:
        for image in cluster.labelled_images():
            if _dead(image.labels, spared):
                cluster.remove_labelled(image)
                lines.append(_line("the node", image.names, image.labels, ""))
    except TodoK8sError as error:
        lines.append(f"images of dead runs on the node stay: {error.cause}")
    except (ValueError, LookupError) as error:  # a runtime that tells of its images in another way is no obstacle
        lines.append(f"images of dead runs on the node stay: its runtime's answer can't be understood ({error!r})")
    return lines


def _dead(labels: Mapping[str, str], spared: Collection[str]) -> bool:
    owner = owner_of_image(labels)
    return owner is not None and owner.dead and owner.run_id not in spared


def _line(where: str, names: tuple[str, ...], labels: Mapping[str, str], problem: str) -> str:
    what = f"{', '.join(names)} of the dead run {labels[RUN_ID]}"
    return f"{what} stays in {where}: {problem}" if problem else f"removed {what} from {where}"
