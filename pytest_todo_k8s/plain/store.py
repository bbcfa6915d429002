"""Folders kept in the cache by what they were made from: packages and builds of the plain frontend.

Every checkout on this machine with the same inputs finds them.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from pytest_todo_k8s.plain.aside import aside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LOCK_TIMEOUT_S: Final = 60.0


class Store:
    """Kept folders, each with the digest of what it was made from for its name.

    Attributes:
        folder: Where they are.
    """

    def __init__(self, folder: Path, most: int) -> None:
        """Take a folder for them, which need not be there; `most` is how many of them stay."""
        self.folder = folder
        self._most = most
        self._lock = folder / "store.lock"

    def take(self, digest: str) -> Path | None:
        """Return a kept folder, which is the last to go from now on; None: there is none."""
        kept = self.folder / digest
        with self._alone():
            if not kept.is_dir():
                return None
            os.utime(kept)
        return kept

    def keep(self, digest: str, made: Path, file: Callable[[str, str], object] = shutil.copy2) -> None:
        """Keep a copy of a folder; of all, those go that were longest not asked for.

        Args:
            digest: Names what it was made from.
            made: The folder.
            file: Copies a file, or links it.
        """
        kept = self.folder / digest
        with aside(kept) as copy:
            shutil.copytree(made, copy, symlinks=True, copy_function=file)
            with self._alone():
                if not kept.is_dir():  # another checkout may have been faster
                    copy.rename(kept)
                self._prune()

    def _prune(self) -> None:
        kept = [each for each in self.folder.iterdir() if each.is_dir() and not each.name.startswith(".")]
        for each in sorted(kept, key=lambda each: each.stat().st_mtime)[: -self._most]:
            with aside(each) as gone:
                each.rename(gone)

    def _alone(self) -> FileLock:
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self._lock, timeout=_LOCK_TIMEOUT_S)


def link(source: str, target: str) -> None:
    """Let a file have one more name, as uv and pnpm do with their stores; copy it from one file system to another."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
