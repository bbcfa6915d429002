"""Free disk space, checked before a step begins."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.bootstrap.programs import QUERY_TIMEOUT_S, fit_docker
from pytest_todo_k8s.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.bootstrap.site import Site
    from pytest_todo_k8s.bootstrap.step import Cost

MB: Final = 1_000_000
ENGINE_FOLDER: Final = Path("/var/lib/docker")


def free_mb(folder: Path) -> int:
    """Return the space for a folder that need not exist yet, decimal MB."""
    return shutil.disk_usage(_existing(folder)).free // MB


def check(site: Site, step: str, costs: Sequence[Cost]) -> None:
    """Refuse to begin what the disks have no room for.

    Args:
        site: Where.
        step: Name of the step about to begin, for the error.
        costs: What it and all that is known to be missing after it take.

    Raises:
        SetupError: With the figures.
    """
    engine = engine_folder(site)
    cache_mb, engine_mb = sum(cost.cache_mb for cost in costs), sum(cost.engine_mb for cost in costs)
    if _device(site.cache) == _device(engine):
        needs = {site.cache: cache_mb + engine_mb}
    else:
        needs = {site.cache: cache_mb, engine: engine_mb}
    for folder, needed_mb in needs.items():
        if free_mb(folder) < needed_mb:
            cause = f"the disk of {folder} has {free_mb(folder):,} MB free and what is missing needs {needed_mb:,} MB"
            raise SetupError(step, cause, "make room; TODO_K8S_CACHE names another folder for set-up's own files")


def engine_folder(site: Site) -> Path:
    """Return where the engine keeps images, or will keep them."""
    docker = fit_docker(site)
    if docker is None:
        return ENGINE_FOLDER
    question = (docker.path, "info", "--format={{.DockerRootDir}}")
    answer = site.runner.run(question, timeout_s=QUERY_TIMEOUT_S, check=False).stdout.strip()
    return Path(answer) if answer else ENGINE_FOLDER


def _device(folder: Path) -> int:
    return _existing(folder).stat().st_dev


def _existing(folder: Path) -> Path:
    """Return the folder itself, else the nearest one above it that is there (and may be looked at)."""
    while True:
        try:
            folder.stat()
        except OSError:
            folder = folder.parent
        else:
            return folder
