from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_todo_k8s.cluster.node_images import LabelledImage, NodeImages
from pytest_todo_k8s.ownership import RUN_ID

if TYPE_CHECKING:
    from collections.abc import Sequence

LISTED = """REF TYPE DIGEST SIZE PLATFORMS LABELS
docker.io/library/todo-backend:abc application/vnd.docker.distribution.manifest.v2+json sha256:m1 9.4 MiB linux/amd64 -
sha256:c1 application/vnd.docker.distribution.manifest.v2+json sha256:m1 9.4 MiB linux/amd64 -
sha256:c2 application/vnd.oci.image.index.v1+json sha256:m2 9.4 MiB linux/amd64 -
registry.k8s.io/pause:3.10.1 application/vnd.docker.distribution.manifest.v2+json sha256:m3 0.1 MiB linux/amd64 -
docker.io/library/todo-frontend@sha256:m4 application/vnd.oci.image.manifest.v1+json sha256:m4 1 MiB linux/amd64 -

"""
CONTENT = {
    "sha256:m1": {"config": {"digest": "sha256:c1"}},
    "sha256:c1": {"config": {"Labels": {RUN_ID: "run-1"}}},
    "sha256:m2": {"manifests": [{"digest": "sha256:m2a"}]},
    "sha256:m2a": {"config": {"digest": "sha256:c2"}},
    "sha256:c2": {"config": {"Labels": {RUN_ID: "run-0"}}},
    "sha256:m4": {"config": {"digest": "sha256:c4"}},
    "sha256:c4": {"config": None},
}


class Node:
    """A node that answers by the last word of the command."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def run(self, argv: Sequence[str]) -> str:
        self.asked.append(" ".join(argv))
        if argv[-2:] == ["images", "ls"]:
            return LISTED
        if "get" in argv:
            return json.dumps(CONTENT[argv[-1]])
        return ""


def test_containerd_tells_labels_by_the_configuration_of_candidates_only() -> None:
    node = Node()
    images = NodeImages(node.run, "containerd", ["todo-backend", "todo-frontend"])
    first, second = images.ours()
    assert first == LabelledImage(("docker.io/library/todo-backend:abc", "sha256:c1"), {RUN_ID: "run-1"})
    assert second == LabelledImage(("sha256:c2",), {RUN_ID: "run-0"})
    assert not any("sha256:m3" in asked for asked in node.asked)
    images.remove(first)
    assert node.asked[-1] == ("ctr --namespace k8s.io images rm --sync docker.io/library/todo-backend:abc sha256:c1")


def test_docker_filters_by_label_itself() -> None:
    asked: list[str] = []

    def run(argv: Sequence[str]) -> str:
        asked.append(" ".join(argv))
        if "ls" in argv:
            return "sha256:a\nsha256:a\nsha256:b\n"
        if "inspect" in argv:
            labels = {"Labels": {RUN_ID: "r"}}
            return json.dumps(
                [{"Id": "sha256:a", "RepoTags": ["x:1"], "Config": labels}, {"Id": "b", "Config": labels}]
            )
        return ""

    images = NodeImages(run, "docker", [])
    assert [image.names for image in images.ours()] == [("x:1",), ("b",)]
    assert asked[1] == "docker image inspect sha256:a sha256:b"
    images.remove(images.ours()[0])
    assert asked[-1] == "docker image rm x:1"


def test_a_docker_node_without_such_images_is_asked_once() -> None:
    node = Node()
    assert NodeImages(node.run, "docker", []).ours() == []
    assert len(node.asked) == 1


def test_of_another_runtime_nothing_is_known() -> None:
    assert NodeImages(lambda _: "never", "cri-o", ["todo-backend"]).ours() == []
