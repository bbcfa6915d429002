"""Folders made aside and then renamed, so that what is in place is whole."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def fresh(folder: Path) -> Path:
    """Make an empty folder, removing what was there."""
    discard(folder)
    folder.mkdir(parents=True)
    return folder


def take(aside: Path, place: Path) -> None:
    """Rename a finished folder to its place; an older one there goes away first."""
    discard(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    aside.rename(place)


def discard(folder: Path) -> None:
    """Remove a folder or file if it is there."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def digest(parts: Iterable[str | bytes | Path]) -> str:
    """Return eight hex digits that change with any of the texts, or with the content or name of any file or folder."""
    total = hashlib.sha256()
    for part in parts:
        total.update(b"\0")
        if isinstance(part, str | bytes):
            total.update(part.encode() if isinstance(part, str) else part)
            continue
        for file in [part] if part.is_file() else sorted(each for each in part.rglob("*") if each.is_file()):
            total.update(f"{file.name}\0".encode() + file.read_bytes())
    return total.hexdigest()[:8]
