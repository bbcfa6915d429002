"""Builds and images: SC-001 and SC-002."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.figures import MEGABYTE, duration, figure
from pytest_todo_k8s.measurements import IMAGE_PARTS
from pytest_todo_k8s.report.blocks import Block, Table

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.measurements import Build, ImageBuild


LARGEST: Final = 25
"""How many packages and files are listed."""


def times(evidence: Evidence) -> list[Block]:
    """Show each image's build, its steps, and how it was brought to the node."""
    blocks: list[Block] = []
    if evidence.build:
        blocks += [_builds(evidence.build), *(_steps(image) for image in evidence.build.images if image.steps)]
    if evidence.loads:
        blocks.append(_loads(evidence))
    return blocks


def sizes(evidence: Evidence) -> list[Block]:
    """Show each image's size, read in several ways."""
    if not evidence.build:
        return []
    on_node = {load.reference: load.node_size_bytes for load in evidence.loads}
    rows = tuple(
        (
            image.name,
            "yes" if image.judged else "no",
            _megabytes(image.size_bytes),
            _megabytes(image.history_bytes),
            _megabytes(on_node.get(image.reference)),
            image.store,
            image.image_id,
        )
        for image in evidence.build.images
    )
    head = ("Image", "Judged", "Unpacked", "Sum of its layers", "As the node reports it", "Image store", "Image id")
    bases = tuple(
        (image.name, name, base) for image in evidence.build.images for name, base in sorted(image.bases.items())
    )
    return [
        Table("Image sizes, in decimal megabytes", head, rows, figures=(2, 3, 4)),
        *_contents(evidence.build),
        Table("Base images", ("Image", "Build argument", "Base"), bases),
    ]


def _contents(build: Build) -> list[Block]:
    """Show where the bytes are: the parts of each image, and the largest packages of all."""
    known = [(image.name, image.contents) for image in build.images if image.contents]
    if not known:
        return []
    parts = tuple((name, *(_megabytes(contents.parts.get(part)) for part in IMAGE_PARTS)) for name, contents in known)
    packages = sorted(
        ((name, each) for name, contents in known for each in (*contents.packages, *contents.files)),
        key=lambda pair: -pair[1].size_bytes,
    )
    rows = tuple(
        (name, f"{each.name} {each.version or ''}", each.part, _megabytes(each.size_bytes))
        for name, each in packages[:LARGEST]
    )
    head = ("Image", *(name.capitalize() for name in IMAGE_PARTS))
    return [
        Table("Where the bytes of the images are", head, parts, figures=tuple(range(1, len(head)))),
        Table("Largest packages and files", ("Image", "Name", "Part", "Size"), rows, (3,), folded=True),
    ]


def _builds(build: Build) -> Table:
    rows = tuple(
        (
            image.name,
            "yes" if image.judged else "no",
            "without" if image.no_cache else "with",
            f"{image.start_s:.1f} s",
            duration(image.duration_s),
            "not built again" if image.warm_s is None else duration(image.warm_s),
        )
        for image in build.images
    )
    caption = f"Image builds; {duration(build.wall_s)} from the first judged one's start to the last one's end"
    return Table(caption, ("Image", "Judged", "Build cache", "Start", "Took", "Again, with cache"), rows, (3, 4, 5))


def _steps(image: ImageBuild) -> Table:
    slowest = sorted(image.steps, key=lambda step: -step.duration_s)
    rows = tuple((step.name, duration(step.duration_s), "yes" if step.cached else "no") for step in slowest)
    return Table(f"Steps of the {image.name} image, slowest first", ("Step", "Took", "Cached"), rows, (1,), folded=True)


def _loads(evidence: Evidence) -> Table:
    rows = tuple(
        (
            load.reference,
            "already there" if load.skipped else duration(load.duration_s),
            load.route,
            "the same" if load.node_image_id == load.image_id else load.node_image_id or "not there",
        )
        for load in evidence.loads
    )
    return Table("Images brought to the node", ("Image", "Took", "Route", "Image id on the node"), rows, figures=(1,))


def _megabytes(size_bytes: int | None) -> str:
    return "not measured" if size_bytes is None else figure(size_bytes / MEGABYTE, "MB")
