"""The file with the variables of compose.yaml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_todo_k8s import cli
from pytest_todo_k8s.compose_variables import write
from pytest_todo_k8s.errors import ConfigError

COMPOSE = Path(__file__).parents[2] / "compose.yaml"


def variables(file: Path) -> dict[str, str]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_it_has_what_compose_requires_and_the_bases(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    write(file, {"PYTHON_BUILD": "local/python:3.13"})
    required = set(re.findall(r"\$\{(\w+):\?", COMPOSE.read_text(encoding="utf-8")))
    found = variables(file)
    assert found.pop("PYTHON_BUILD") == "local/python:3.13"
    assert set(found) == required
    assert all(len(value) >= 32 for value in found.values())
    assert file.stat().st_mode & 0o777 == 0o600


def test_no_two_files_have_the_same_secrets(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, {})
    assert not set(variables(tmp_path / "one").values()) & set(variables(tmp_path / "two").values())


def test_a_file_that_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / ".env"
    file.write_text("mine")
    with pytest.raises(ConfigError, match="is there already: use it, or remove it together with the database"):
        write(file, {})
    assert cli.main(["app", "env", "--file", str(file)]) == 10
    assert "is there already" in capsys.readouterr().err
    assert file.read_text() == "mine"


def test_a_place_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"can't be written: No such file or directory: name another one with --file"):
        write(tmp_path / "absent" / ".env", {})


def test_compose_holds_no_secret_itself() -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    assert not re.search(r"^\s*\w*(SECRET|PASSWORD|KEY): *[^$\s]", text, re.MULTILINE)
