from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap.record import Record, write_aside
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.tools import processes

if TYPE_CHECKING:
    from pathlib import Path


def test_changes_add_up(tmp_path: Path) -> None:
    Record.change(tmp_path, packages=("gcc",))
    Record.change(tmp_path, engine=processes.current())
    assert Record.load(tmp_path) == Record(packages=("gcc",), engine=processes.current())


def test_no_file_is_an_empty_record(tmp_path: Path) -> None:
    assert Record.load(tmp_path) == Record()


@pytest.mark.parametrize("content", ["", "{", '{"version": 2}', '{"surprise": 1}'])
def test_a_file_that_is_no_record_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "made.json").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"made\.json, set-up's record of what it made, can't be read"):
        Record.load(tmp_path)


def test_a_file_is_written_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "file"
    (tmp_path / ".file.new").write_text("half", encoding="utf-8")  # left by a process that was killed
    write_aside(file, "text")
    assert file.read_text(encoding="utf-8") == "text"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
