from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.state import FILE, RunState

if TYPE_CHECKING:
    from pathlib import Path

STATE = RunState("/out/evidence.json", None, "todo-app-dev", "/k", "todo-k8s", "http://f", "http://b", {"backend": "x"})


def test_state_is_private_and_comes_back(tmp_path: Path) -> None:
    STATE.save(tmp_path)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert RunState.load(tmp_path) == STATE
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"x": 1}'])
def test_state_that_cannot_be_understood_is_one_sentence(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / FILE).write_text(content)
    with pytest.raises(ConfigError, match="the run's state can't be read from"):
        RunState.load(tmp_path)
