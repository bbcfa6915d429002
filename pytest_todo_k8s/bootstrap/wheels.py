"""Programs that come as Python wheels, pinned by hash in `data/`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.bootstrap.site import DATA

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from pytest_todo_k8s.bootstrap.step import Progress

TIMEOUT_S: Final = 600.0


def unpack(site: Site, requirement: str, target: Path, progress: Progress) -> None:
    """Install the wheel that `data/<requirement>` pins into the folder `target`, with this Python's pip.

    Raises:
        CommandError: pip is missing, the package can't be had, or its hash differs.
    """
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")
    choice = (
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
        "--no-compile",
        "--requirement",
        DATA / requirement,
    )
    site.runner.run((*pip, "install", "--target", target, *choice), timeout_s=TIMEOUT_S, log_file=progress.log_file)


def pin(requirement: str) -> str:
    """Return `name==version` of the wheel that `data/<requirement>` pins."""
    lines = (DATA / requirement).read_text(encoding="utf-8").splitlines()
    return next(line.split(" ", 1)[0] for line in lines if not line.startswith("#"))
