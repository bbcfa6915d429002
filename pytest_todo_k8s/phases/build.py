"""Builds the images: the application's without any cache and timed, those of its dependencies in the ordinary way."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import yaml

from pytest_todo_k8s.measurements import Build, ImageBuild
from pytest_todo_k8s.ownership import image_labels
from pytest_todo_k8s.tools import build_context, image_contents
from pytest_todo_k8s.tools.docker import BuildOrder, Engine, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.settings import ImageSource

TIMEOUT_S: Final = 900.0
"""Seconds for one image: well beyond what SC-001 allows for all, so that a slow build is measured and not cut off."""


def run(context: RunContext) -> None:
    """Build all images and measure them in the engine.

    The judged images come first, side by side where the machine has the cores: the wall time is from the first one's
    start to the last one's end. Base images are fetched before, their time is not the application's.

    Raises:
        TodoK8sError: A build failed; the cause names the image's step and its last lines.
    """
    engine = Engine(context.toolchain, context.commands, context.settings.environment)
    sources = sorted(context.settings.images, key=lambda source: not source.judged)
    stop = threading.Event()
    plans = [(source, *_plan(context, engine, source, stop)) for source in sources]
    _ = engine.builder, engine.facts  # asked for before the clock runs
    tasks = [partial(_build, context, engine, source, order, bases) for source, order, bases in plans]
    judged = sum(source.judged for source in sources)
    builds = _side_by_side(tasks[:judged], stop)
    for build, (_, order, _bases) in zip(builds, plans, strict=False):
        build.warm_s = _rebuild(context, engine, order)
    builds += _side_by_side(tasks[judged:], stop)
    for build in builds:
        _measure(context, engine, build)
    context.evidence.build = Build(wall_s=_wall_s(builds), images=builds)
    context.progress(f"build     {'   '.join(_shown(build) for build in builds)}")


def _side_by_side(tasks: Sequence[Callable[[], ImageBuild]], stop: threading.Event) -> list[ImageBuild]:
    """Run builds, as many at a time as there are cores; the first failure, or Ctrl-C, ends the others at once."""
    causes: list[BaseException] = []

    def attempt(task: Callable[[], ImageBuild]) -> ImageBuild | None:
        if stop.is_set():
            return None
        try:
            return task()
        except BaseException as error:
            causes.append(error)
            stop.set()
            raise

    if not tasks:
        return []
    with ThreadPoolExecutor(min(len(tasks), cores())) as pool:
        futures = [pool.submit(attempt, task) for task in tasks]
        try:
            wait(futures)
        except BaseException:
            stop.set()
            raise
    if causes:
        raise causes[0]
    return [build for build in (future.result() for future in futures) if build]


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _labels(context: RunContext) -> dict[str, str]:
    """Return the labels of the images: this run, and of the OCI's own those whose values are known."""
    run, chart = context.evidence.run, context.settings.chart / "Chart.yaml"
    facts = yaml.safe_load(chart.read_text(encoding="utf-8")) if chart.is_file() else {}
    known = {
        "version": facts.get("appVersion"),
        "source": next(iter(facts.get("sources") or ()), None),
        "revision": None if run.dirty else run.commit,
    }
    own = image_labels(context.ledger.owner)
    return own | {f"org.opencontainers.image.{name}": str(value) for name, value in known.items() if value}


def _plan(
    context: RunContext, engine: Engine, source: ImageSource, stop: threading.Event
) -> tuple[BuildOrder, dict[str, str]]:
    """Return how an image is to be built and, by build argument or name, the ids of its bases."""
    bases = build_context.base_images(source, context.toolchain.bases)
    ids = {argument: _base_id(context, engine, reference) for argument, reference in bases.items()}
    ids |= {reference: _base_id(context, engine, reference) for reference in build_context.other_bases(source)}
    log_file = context.logs_dir / f"build-{source.name}.log"
    log_file.unlink(missing_ok=True)
    order = BuildOrder(
        reference=f"{source.repository}:{build_context.tag(source, ids)}-{context.journal.owner.mark}",
        dockerfile=source.dockerfile,
        context=source.context,
        arguments=bases | build_context.source_date(source) | dict(source.arguments),
        labels=_labels(context),
        cached=not source.judged,
        log_file=log_file,
        timeout_s=TIMEOUT_S,
        stop=stop,
    )
    return order, ids


def _base_id(context: RunContext, engine: Engine, reference: str) -> str:
    """Return the id of a base image; one that is not in the engine is fetched."""
    if found := engine.image_id(reference):
        return found
    context.progress(f"build     fetching the base image {reference}")
    engine.pull(reference)
    if found := engine.image_id(reference):
        return found
    raise EngineError(f"the base image {reference} was pulled and is not in the engine", "pull it by hand")


def _build(
    context: RunContext, engine: Engine, source: ImageSource, order: BuildOrder, base_ids: dict[str, str]
) -> ImageBuild:
    """Build one image; what is measured in the engine is filled in later, so that it takes no time here."""
    context.ledger.creating("image", order.reference)
    started, start_s = time.monotonic(), context.elapsed_s()
    steps = engine.build(order)
    duration_s = time.monotonic() - started
    context.ledger.created("image", order.reference)
    return ImageBuild(
        name=source.name,
        judged=source.judged,
        reference=order.reference,
        image_id="",
        start_s=start_s,
        duration_s=duration_s,
        no_cache=not order.cached,
        size_bytes=None,
        history_bytes=None,
        store=engine.facts.driver,
        bases={name: f"{order.arguments.get(name, name)}@{image_id}" for name, image_id in base_ids.items()},
        steps=steps,
    )


def _rebuild(context: RunContext, engine: Engine, order: BuildOrder) -> float:
    """Build the same again with the build cache, under a name of its own, and return the seconds."""
    again = replace(order, reference=f"{order.reference}-warm", cached=True)
    context.ledger.creating("image", again.reference)
    started = time.monotonic()
    engine.build(again)
    duration_s = time.monotonic() - started
    context.ledger.created("image", again.reference)
    return duration_s


def _wall_s(builds: list[ImageBuild]) -> float:
    """Seconds from the start of the first judged build command to the end of the last one, and nothing around them."""
    judged = [build for build in builds if build.judged]
    return max(each.start_s + each.duration_s for each in judged) - min(each.start_s for each in judged)


def _measure(context: RunContext, engine: Engine, build: ImageBuild) -> None:
    """Read an image's id, its size, and where its bytes are, from the engine."""
    image_id = engine.image_id(build.reference)
    if image_id is None:
        raise EngineError(
            f"{build.reference} was built without an error and is not in the engine", "look at `docker image ls`"
        )
    size = engine.size(build.reference)
    build.image_id, build.size_bytes, build.history_bytes = image_id, size.unpacked_bytes, size.history_bytes
    try:
        with engine.archive(build.reference) as archive:
            build.contents = image_contents.read(archive)
    except ValueError as error:  # nothing is judged by it
        context.progress(f"build     where the bytes of {build.reference} are can't be told: {error}")


def _shown(build: ImageBuild) -> str:
    size = "size unknown" if build.size_bytes is None else f"{build.size_bytes / 1e6:.0f} MB"
    return f"{build.name} {build.duration_s:.1f} s {size}"
