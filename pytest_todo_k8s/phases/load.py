"""Brings the built images to the cluster's node and checks, by image id, that they are really there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.pruning import prune
from pytest_todo_k8s.tools.docker import Engine

if TYPE_CHECKING:
    from pytest_todo_k8s.context import RunContext


def run(context: RunContext) -> None:
    """Load every image of the build phase, after those of dead runs have made room.

    Raises:
        PhaseError: An image can't be loaded, or the node has another one under its name.
    """
    build = context.evidence.build
    if build is None:
        raise PhaseError("load", "no image was built", "let the build phase run first")
    engine = Engine(context.toolchain, context.commands, context.settings.environment)
    for line in prune(context, engine):
        context.progress(f"load      {line}")
    for image in build.images:
        image_id = engine.configuration_id(image.reference)
        name = context.cluster.reference(image.reference)
        if name != image.reference:  # the engine has it under a second name while it is on its way
            context.ledger.creating("image", name)
        context.evidence.loads.append(context.cluster.load(image.reference, image_id))
        if name != image.reference:
            context.ledger.removed("image", name)
    loads = context.evidence.loads
    total_s = sum(load.duration_s for load in loads)
    routes = ", ".join(dict.fromkeys(load.route for load in loads))
    context.progress(f"load      {total_s:.1f} s by {routes}, verified by image id")
