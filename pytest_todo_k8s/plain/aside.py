"""Folders that are made beside their place and then renamed, so that what is in place is whole."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def aside(folder: Path) -> Iterator[Path]:
    """Give a name beside `folder`; what is still there when the block is left is removed."""
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(beside, ignore_errors=True)  # of a killed process that had the same id
    try:
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)
