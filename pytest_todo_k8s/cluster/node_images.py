"""The images that a node's runtime keeps, with their labels: which of them runs of ours brought there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.ownership import RUN_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_CTR: Final = ("ctr", "--namespace", "k8s.io")
_COLUMNS: Final = 3
"""Name, media type and digest begin a line of `ctr images ls`."""


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """An image on a node.

    Attributes:
        names: All its names there.
        labels: Labels of its configuration.
    """

    names: tuple[str, ...]
    labels: Mapping[str, str]


class NodeImages:
    """Reads and removes images on one node by its runtime's own program."""

    def __init__(self, run: Callable[[Sequence[str]], str], runtime: str, repositories: Iterable[str]) -> None:
        """Remember how to ask.

        Args:
            run: Runs a command on the node as root and returns its output.
            runtime: `containerd` or `docker`; of another one nothing is known.
            repositories: Repositories that images of ours have; others are not even looked at.
        """
        self._run = run
        self._runtime = runtime
        self._repositories = frozenset(repositories)

    def ours(self) -> list[LabelledImage]:
        """Return the images that carry a run's label, those among them too that have lost their name."""
        found = {"containerd": self._in_containerd, "docker": self._in_docker}.get(self._runtime)
        return [image for image in found() if RUN_ID in image.labels] if found else []

    def remove(self, image: LabelledImage) -> None:
        """Remove an image with all its names."""
        argv = (*_CTR, "images", "rm", "--sync") if self._runtime == "containerd" else ("docker", "image", "rm")
        self._run([*argv, *image.names])

    def _in_containerd(self) -> Iterator[LabelledImage]:
        """The runtime has no labels of images itself: they stand in the configuration, which is content like others."""
        names: dict[str, list[str]] = {}
        for line in self._run([*_CTR, "images", "ls"]).splitlines()[1:]:
            columns = line.split()
            if len(columns) >= _COLUMNS:
                names.setdefault(columns[2], []).append(columns[0])
        for digest, known in names.items():
            # Kubernetes keeps each image under its id too; one that lost its name to a newer build has only that.
            if all(name.startswith("sha256:") for name in known) or any(map(self._is_candidate, known)):
                yield LabelledImage(tuple(known), self._labels(digest))

    def _is_candidate(self, name: str) -> bool:
        return name.rpartition("/")[2].partition("@")[0].partition(":")[0] in self._repositories

    def _labels(self, digest: str) -> Mapping[str, str]:
        manifest = self._content(digest)
        if "config" not in manifest:
            manifest = self._content(manifest["manifests"][0]["digest"])
        labels: Mapping[str, str] = (self._content(manifest["config"]["digest"]).get("config") or {}).get(
            "Labels"
        ) or {}
        return labels

    def _content(self, digest: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self._run([*_CTR, "content", "get", digest]))
        return content

    def _in_docker(self) -> Iterator[LabelledImage]:
        listed = self._run(["docker", "image", "ls", "--quiet", "--no-trunc", "--filter", f"label={RUN_ID}"]).split()
        if listed:
            for image in json.loads(self._run(["docker", "image", "inspect", *dict.fromkeys(listed)])):
                names = tuple(image.get("RepoTags") or [image["Id"]])
                yield LabelledImage(names, (image.get("Config") or {}).get("Labels") or {})
