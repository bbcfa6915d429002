"""Removes images of dead runs that no journal knows any more, from the engine and from the cluster's nodes.

An image tells by its labels which run made it, by which process, and until when; only that decides, never its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.errors import TodoK8sError
from pytest_todo_k8s.ownership import RUN_ID, owner_of_image
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_todo_k8s.cluster.provider import Cluster
    from pytest_todo_k8s.tools.command import CommandRunner
    from pytest_todo_k8s.tools.docker import Engine
    from pytest_todo_k8s.tools.toolchain import Toolchain

_TIMEOUT_S: Final = 60.0


def prune(cluster: Cluster, engine: Engine, commands: CommandRunner, toolchain: Toolchain) -> list[str]:
    """Remove images of dead runs; what can't be removed stays, and the reason is told.

    Returns:
        One line for each image.

    Raises:
        EngineError: The engine does not answer.
    """
    lines = []
    for names, labels in engine.labelled(RUN_ID):
        if _dead(labels):
            removed = commands.run([toolchain.path("docker"), "image", "rm", *names], timeout_s=_TIMEOUT_S, check=False)
            problem = "" if removed.ok else str(CommandError(removed))
            lines.append(_line("the engine", names, labels, problem))
    return [*lines, *_prune_nodes(cluster)]


def _prune_nodes(cluster: Cluster) -> list[str]:
    lines = []
    try:
        for image in cluster.labelled_images():
            if _dead(image.labels):
                cluster.remove_labelled(image)
                lines.append(_line("the node", image.names, image.labels, ""))
    except TodoK8sError as error:
        lines.append(f"images of dead runs on the node stay: {error.cause}")
    except (ValueError, LookupError) as error:  # a runtime that tells of its images in another way is no obstacle
        lines.append(f"images of dead runs on the node stay: its runtime's answer can't be understood ({error!r})")
    return lines


def _dead(labels: Mapping[str, str]) -> bool:
    owner = owner_of_image(labels)
    return owner is not None and owner.dead


def _line(where: str, names: tuple[str, ...], labels: Mapping[str, str], problem: str) -> str:
    what = f"{', '.join(names)} of the dead run {labels[RUN_ID]}"
    return f"{what} stays in {where}: {problem}" if problem else f"removed {what} from {where}"
