"""docs/build-metrics.md: how long the images took to build in a run, and where every megabyte of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.figures import MEGABYTE
from pytest_todo_k8s.criteria.sc_001_build_time import LIMIT_S
from pytest_todo_k8s.criteria.sc_002_image_size import BUDGETS_MB, LIMITS_MB
from pytest_todo_k8s.documents.markdown import code, page, table
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.measurements import IMAGE_PARTS

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.measurements import ImageBuild, ImageContents

LARGEST: Final = 8
NAME_LENGTH: Final = 60
"""Characters shown of an instruction."""


def text(evidence: Evidence) -> str:
    """Return the document.

    Raises:
        ConfigError: The run did not measure it.
    """
    build, machine = evidence.build, evidence.machine
    if build is None or machine is None or not any(each.contents for each in build.images):
        raise ConfigError(f"run {evidence.run.id} did not look into its images", "name another evidence.json")
    docker = machine.tools.get("docker", "of unknown version")
    measured = (
        f"Measured on {evidence.run.started_at[:10]} by `pytest --todo-cluster={evidence.run.cluster} tests/acceptance`"
        f" (run {evidence.run.id}) with docker {docker}, {machine.cpus} CPUs and "
        f"{machine.memory_bytes / 1024**3:.0f} GiB of memory. Other work on the machine at that time is in the figures."
    )
    wall = (
        f"Both judged images, from the first command to the end of the last: **{build.wall_s:.1f} s** without a cache "
        f"(SC-001 allows {LIMIT_S:.0f} s). `python -m benchmarks.image_builds` measures "
        "rebuilds after a change: [benchmarks/image-builds.md](../benchmarks/image-builds.md)."
    )
    meaning = (
        "Unpacked decimal megabytes, as SC-002 measures them. Base: the C library, shared libraries and certificates. "
        "Runtime: the interpreter with its standard library, or the database server."
    )
    return page(
        "Images: build times and sizes",
        measured,
        "## Times",
        wall,
        table(("Image", "Seconds", "Cache", "Longest steps"), (_times(each) for each in build.images)),
        "## Sizes",
        meaning,
        table(
            ("Image", "Budget", "Limit", "Size", *map(str.title, IMAGE_PARTS)), (_sizes(each) for each in build.images)
        ),
        *(_contents(each.name, each.contents) for each in build.images if each.contents),
        how=" --evidence out/evidence.json",
    )


def _times(image: ImageBuild) -> tuple[str, ...]:
    steps = sorted(image.steps, key=lambda step: -step.duration_s)[:2]
    longest = ", ".join(f"{code(_short(step.name))} {step.duration_s:.1f} s" for step in steps if step.duration_s >= 1)
    return image.name, f"{image.duration_s:.1f}", "no" if image.no_cache else "yes", longest


def _sizes(image: ImageBuild) -> tuple[str, ...]:
    parts = image.contents.parts if image.contents else {}
    size = "unknown" if image.size_bytes is None else _megabytes(image.size_bytes)
    allowed = (f"{limits[image.name]:.0f}" if image.name in limits else "" for limits in (BUDGETS_MB, LIMITS_MB))
    return image.name, *allowed, size, *(_megabytes(parts[part]) if part in parts else "" for part in IMAGE_PARTS)


def _contents(name: str, contents: ImageContents) -> str:
    """Return the section on one image: its layers, largest packages and largest files that no package brought."""
    layers = [(code(_short(layer.instruction)), _megabytes(layer.size_bytes)) for layer in contents.layers]
    largest = [
        (f"{each.name} {each.version or ''}".strip(), each.part, _megabytes(each.size_bytes))
        for each in (*contents.packages[:LARGEST], *contents.files[:LARGEST])
    ]
    hidden = f"{_megabytes(contents.hidden_bytes)} MB are replaced or removed by a later layer."
    return "\n\n".join(
        (f"### {name}", table(("Layer", "MB"), layers), hidden, table(("Package or file", "Part", "MB"), largest))
    )


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / MEGABYTE:.2f}"


def _short(instruction: str) -> str:
    text = " ".join(instruction.split())
    return text if len(text) <= NAME_LENGTH else f"{text[: NAME_LENGTH - 1]}…"
