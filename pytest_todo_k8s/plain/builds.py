"""Builds of the plain frontend, kept in the cache: every checkout on this machine with the same sources finds them."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from pytest_todo_k8s.plain.aside import aside

if TYPE_CHECKING:
    from pathlib import Path

KEPT: Final = 8
"""Of 21 MB each; more than one, so that a server of the last build keeps its files while the next ones are made."""
_LOCK_TIMEOUT_S: Final = 60.0


class Builds:
    """The kept builds, each in a folder with the name of what it was made from.

    Attributes:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = folder / "builds.lock"

    def take(self, digest: str) -> Path | None:
        """Return the folder of a build, which is the last to go from now on; None: there is none."""
        kept = self.folder / digest
        with self._alone():
            if not kept.is_dir():
                return None
            os.utime(kept)
        return kept

    def keep(self, digest: str, made: Path) -> None:
        """Keep a copy of a build; of all, those go that were longest not asked for.

        Args:
            digest: Names what it was made from.
            made: Its folder.
        """
        kept = self.folder / digest
        with aside(kept) as copy:
            shutil.copytree(made, copy, symlinks=True)
            with self._alone():
                if not kept.is_dir():  # another checkout may have been faster
                    copy.rename(kept)
                self._prune()

    def _prune(self) -> None:
        builds = [build for build in self.folder.iterdir() if build.is_dir() and not build.name.startswith(".")]
        for build in sorted(builds, key=lambda build: build.stat().st_mtime)[:-KEPT]:
            with aside(build) as gone:
                build.rename(gone)

    def _alone(self) -> FileLock:
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self._lock, timeout=_LOCK_TIMEOUT_S)
