"""Documents that are generated: from the code, so that they can't tell anything else, or from a run's evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.documents import build_metrics, configuration, criteria, resource_metrics, troubleshooting
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FOLDER: Final = "docs"
FROM_CODE: Final[Mapping[str, Callable[[], str]]] = {
    "configuration.md": configuration.text,
    "criteria.md": criteria.text,
    "troubleshooting.md": troubleshooting.text,
}
"""By file name; `todo-k8s docs` writes them, and says when one is stale."""
FROM_EVIDENCE: Final[Mapping[str, Callable[[Evidence], str]]] = {
    "build-metrics.md": build_metrics.text,
    "resource-metrics.md": resource_metrics.text,
}
"""By file name; `todo-k8s docs --evidence FILE` writes them too."""


def write(root: Path, evidence: Path | None) -> list[Path]:
    """Write all documents that can be written, and return those that changed.

    Args:
        root: The project's folder.
        evidence: `evidence.json` of a run; None: the documents that need one stay as they are.

    Raises:
        ConfigError: The folder is no project of this kind, or the evidence can't be read or lacks what is told.
    """
    folder = root / FOLDER
    if not folder.is_dir():
        raise ConfigError(f"{root} has no folder {FOLDER}", "call this in the project's folder")
    texts = {name: make() for name, make in FROM_CODE.items()}
    if evidence is not None:
        loaded = Evidence.load(evidence)
        texts |= {name: make(loaded) for name, make in FROM_EVIDENCE.items()}
    changed = [folder / name for name, text in texts.items() if _read(folder / name) != text]
    for file in changed:
        file.write_text(texts[file.name], encoding="utf-8")
    return changed


def stale(root: Path) -> list[Path]:
    """Return the documents generated from code that are not as they would be generated now."""
    folder = root / FOLDER
    return [folder / name for name, make in FROM_CODE.items() if _read(folder / name) != make()]


def _read(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None
