"""The table `[tool.todo-k8s]` of a project: in its pyproject.toml, or in a todo-k8s.toml beside where that would be."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME: Final = "tool.todo-k8s"
FILES: Final = ("pyproject.toml", "todo-k8s.toml")


@dataclass(frozen=True, slots=True)
class Table:
    """What stands in the table, and in which file.

    Attributes:
        file: The file.
        content: The table as TOML has it; empty: there is none.
    """

    file: Path
    content: Mapping[str, Any] = field(default_factory=dict)


def table(root: Path) -> Table:
    """Return a project's table.

    Raises:
        ConfigError: A file can't be read, both have the table, or a todo-k8s.toml does not.
    """
    pyproject, own = (_table(root / name) for name in FILES)
    if pyproject and own:
        raise ConfigError(
            f"{pyproject.file} and {own.file} both have a table [{NAME}]", "keep it in one of the two files"
        )
    if own is None and (root / FILES[1]).exists():
        raise ConfigError(f"{root / FILES[1]} has no table [{NAME}]", f"write [{NAME}] above its first key")
    return pyproject or own or Table(root / FILES[0])


def _table(file: Path) -> Table | None:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} can't be read: {error}", "correct the file") from None
    tools = content.get("tool", {})
    found = tools.get("todo-k8s") if isinstance(tools, dict) else None
    if found is None:
        return None
    if not isinstance(found, dict):
        raise ConfigError(f"{file}: {NAME} is no table", f"write [{NAME}] above its keys")
    return Table(file, found)
