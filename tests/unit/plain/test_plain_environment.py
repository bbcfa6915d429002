"""The backend's dependencies beside the cluster: installed once, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.plain.environment import interpreter
from pytest_todo_k8s.plain.host import PlainError
from pytest_todo_k8s.tools.command import CommandError, CommandResult
from tests.unit.running import run_context

if TYPE_CHECKING:
    from collections.abc import Sequence


class Installer:
    """Stands for venv and pip: makes the interpreter's file, or fails at one of the two."""

    def __init__(self, failing: str = "") -> None:
        self.failing = failing
        self.ran: list[list[str]] = []

    def run(self, argv: Sequence[object], *, timeout_s: float, log_file: Path) -> None:
        words = [str(word) for word in argv]
        self.ran.append(words)
        assert timeout_s > 0
        assert log_file.name == "plain-install.log"
        if "venv" in words:
            (Path(words[-1]) / "bin").mkdir(parents=True)
            (Path(words[-1]) / "bin/python").touch()
        if self.failing and self.failing in words:
            raise CommandError(CommandResult(tuple(words), 1, "", "no route to the index", 1.0))


def lock_file(folder: Path, text: str = "a==1 --hash=sha256:0\n") -> Path:
    file = folder / "requirements.txt"
    file.write_text(text)
    return file


def test_installed_once_for_each_lock_file(tmp_path: Path) -> None:
    installer: Any = Installer()
    context, cache = run_context(tmp_path, commands=installer), tmp_path / "cache/plain"
    python = interpreter(context, lock_file(tmp_path), cache)
    assert python.is_file()
    assert python.is_relative_to(cache)
    assert interpreter(context, lock_file(tmp_path), cache) == python
    assert len(installer.ran) == 2
    assert "--require-hashes" in installer.ran[1]
    assert interpreter(context, lock_file(tmp_path, "b==2 --hash=sha256:0\n"), cache) != python
    assert len(installer.ran) == 4


@pytest.mark.parametrize("failing", ["venv", "pip"])
def test_a_failed_installation_leaves_nothing(tmp_path: Path, failing: str) -> None:
    installer: Any = Installer(failing)
    with pytest.raises(PlainError, match=r"can't be installed: .*no route to the index"):
        interpreter(run_context(tmp_path, commands=installer), lock_file(tmp_path), tmp_path / "cache/plain")
    assert [path.suffix for path in (tmp_path / "cache/plain").iterdir()] == [".lock"]
