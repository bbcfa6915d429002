"""The table of a project's settings: where it is found, and what is no table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.project_settings import table

if TYPE_CHECKING:
    from pathlib import Path

OURS = "[tool.todo-k8s]\nrelease = 'notes'\n"


@pytest.mark.parametrize("name", ["pyproject.toml", "todo-k8s.toml"])
def test_either_file_may_have_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(OURS, encoding="utf-8")
    found = table(tmp_path)
    assert (found.file, found.content) == (tmp_path / name, {"release": "notes"})


def test_a_pyproject_without_it_leaves_it_to_the_other_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 99\n", encoding="utf-8")
    assert table(tmp_path).content == {}
    (tmp_path / "todo-k8s.toml").write_text(OURS, encoding="utf-8")
    assert table(tmp_path).content == {"release": "notes"}


@pytest.mark.parametrize(
    ("files", "cause"),
    [
        ({"pyproject.toml": OURS, "todo-k8s.toml": OURS}, "both have a table [tool.todo-k8s]: keep it in one of the"),
        ({"todo-k8s.toml": "release = 'notes'\n"}, "todo-k8s.toml has no table [tool.todo-k8s]: write [tool.todo-k8s]"),
        ({"todo-k8s.toml": "release = \n"}, "todo-k8s.toml can't be read: Invalid value"),
        ({"pyproject.toml": "tool = 3\n[x\n"}, "pyproject.toml can't be read"),
        ({"pyproject.toml": "[tool]\ntodo-k8s = 3\n"}, "tool.todo-k8s is no table"),
        ({"todo-k8s.toml": "tool = 3\n"}, "has no table [tool.todo-k8s]"),
    ],
)
def test_what_is_no_table(tmp_path: Path, files: dict[str, str], cause: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(cause)):
        table(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").mkdir()
    with pytest.raises(ConfigError, match=r"pyproject.toml can't be read: .*Is a directory"):
        table(tmp_path)
