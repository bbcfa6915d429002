"""Old images of a kept deployment go once others have taken their places, and not before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.kept import Kept, drop_old_images
from pytest_todo_k8s.teardown import Means
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.toolchain import Toolchain
from tests.unit.criteria.sample_run import green
from tests.unit.running import run_context

if TYPE_CHECKING:
    from pathlib import Path

DOCKER = """#!/bin/sh
image="$ENGINE/$(echo "$*" | sed 's/.* //')"
case "$*" in
"image inspect --format {{.Id}} "*) [ ! -e "$image" ] || sed -n 1p "$image" ;;
"image inspect "*) [ -e "$image" ] || { echo "Error: No such image" >&2; exit 1; }; sed -n 2p "$image" ;;
"image rm "*) rm "$image" ;;
esac
"""


class FakeCluster:
    def __init__(self) -> None:
        self.unloaded: list[str] = []

    def reference(self, reference: str) -> str:
        return f"registry:5000/{reference}"

    def unload(self, reference: str) -> None:
        self.unloaded.append(reference)


@pytest.mark.parametrize(
    ("old_id", "deployed", "dropped"),
    [("sha256:old", True, ["todo-backend:old"]), ("the new one's", True, []), ("sha256:old", False, [])],
    ids=["replaced", "the same image by another name", "no new deployment"],
)
def test_which_images_go(tmp_path: Path, old_id: str, deployed: bool, dropped: list[str]) -> None:
    context, evidence, cluster = run_context(tmp_path), green(), FakeCluster()
    run_id = context.journal.owner.run_id
    assert evidence.build
    assert evidence.deploy
    new = evidence.build.images[0]
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "todo-backend:old").write_text(
        f"{new.image_id if old_id.startswith('the') else old_id}\n{run_id}\n", encoding="utf-8"
    )
    if not deployed:
        evidence.deploy.ready_s = None
    for name in ("todo-backend:old", new.reference, f"registry:5000/{new.reference}"):
        context.journal.created("image", name)
    docker = tmp_path / "docker"
    docker.write_text(DOCKER, encoding="utf-8")
    docker.chmod(0o755)
    commands = CommandRunner({**os.environ, "ENGINE": str(tmp_path / "engine")})
    nodes: Any = cluster
    nothing: Any = None
    means = Means(nothing, nodes, commands, Toolchain({"docker": docker}))
    removal = drop_old_images(Kept(context.journal, "u"), evidence, means)
    assert (removal.removed, removal.leftovers) == ([f"image {name}" for name in dropped], [])
    assert cluster.unloaded == dropped
    left = {entry.name for entry in context.journal.open_entries()}
    assert left == {new.reference, f"registry:5000/{new.reference}"} | ({"todo-backend:old"} - set(dropped))
