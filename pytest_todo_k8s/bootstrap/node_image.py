"""The image of a Minikube node, from Debian packages."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from pytest_todo_k8s.bootstrap import image_store
from pytest_todo_k8s.bootstrap.binaries import CRICTL
from pytest_todo_k8s.bootstrap.files import digest, discard, fresh
from pytest_todo_k8s.bootstrap.images import DEBIAN
from pytest_todo_k8s.bootstrap.site import DATA
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.site import Site

REFERENCE: Final = "todo-k8s/minikube-node:1"


def recipe() -> str:
    """Return the digest of all that decides what is in the image."""
    return digest((DEBIAN.recipe, CRICTL.recipe, DATA / "node"))


@dataclass(frozen=True)
class NodeImageStep:
    """Builds the node image where the engine lacks it."""

    site: Site
    name: ClassVar[str] = "node"
    title: ClassVar[str] = f"build the node image {REFERENCE}"
    cost: ClassVar[Cost] = Cost(seconds=40, engine_mb=600)
    remedy: ClassVar[str] = "look into its log; the Debian mirror must be reachable from this machine's containers"

    def state(self) -> State:
        """Ask the engine."""
        return image_store.state(self.site, REFERENCE, recipe())

    def run(self, progress: Progress) -> None:
        """Build it from the files in `data/node` and our crictl."""
        context = fresh(self.site.partial / "node")
        shutil.copytree(DATA / "node", context, dirs_exist_ok=True)
        shutil.copy(CRICTL.program(self.site, "crictl"), context)
        dockerfile = (context / "Dockerfile").read_text(encoding="utf-8")
        image_store.build(
            self.site,
            REFERENCE,
            context,
            progress,
            step=self.name,
            recipe=recipe(),
            dockerfile=dockerfile,
            arguments={"BASE": DEBIAN.reference},
        )
        discard(context)
