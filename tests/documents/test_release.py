"""The package as a stranger gets it: wheel and sdist opened and compared, the wheel at work in another folder.

`tox -e release` runs this in an environment that holds the locked requirements of `acceptance` and nothing of the
tests' own: with the wheel, what a user has after the installation.
"""

from __future__ import annotations

import os
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from pytest_todo_k8s.tools.command import CommandRunner

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pytest_todo_k8s"
LEFT_OUT = {"__pycache__"}


@pytest.fixture(scope="module")
def commands() -> CommandRunner:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return CommandRunner(kept)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, commands: CommandRunner) -> Path:
    """A folder with wheel and sdist of a fresh clone."""
    folder = tmp_path_factory.mktemp("release")
    commands.run(["git", "clone", "--quiet", str(ROOT), str(folder / "checkout")], timeout_s=120)
    python = folder / "builder/bin/python"
    commands.run([sys.executable, "-m", "venv", str(folder / "builder")], timeout_s=120)
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    commands.run([python, "-m", "pip", "install", "--quiet", *needed], timeout_s=300)
    for kind in ("sdist", "wheel"):
        code = f"from setuptools import build_meta; build_meta.build_{kind}({str(folder / 'dist')!r})"
        commands.run([python, "-c", code], timeout_s=300, cwd=folder / "checkout")
    return folder / "dist"


def tracked(commands: CommandRunner) -> set[str]:
    listed = commands.run(["git", "-C", str(ROOT), "ls-files", "pytest_todo_k8s"], timeout_s=60)
    return set(listed.stdout.split())


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(built: Path, commands: CommandRunner) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == tracked(commands)


def test_the_sdist_holds_the_same(built: Path, commands: CommandRunner) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert tracked(commands) <= names
    assert {"README.md", "LICENSE", "pyproject.toml"} <= names


def test_version_and_changelog_agree(built: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert all(version in file.name for file in built.iterdir())
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text()


def test_the_wheel_works_in_another_folder(built: Path, tmp_path: Path, commands: CommandRunner) -> None:
    assert os.environ.get("TOX_ENV_NAME") == "release", "call `tox -e release`: this installs into its environment"
    python = sys.executable
    (wheel,) = built.glob("*.whl")
    commands.run([python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", wheel], timeout_s=120)
    (tmp_path / "test_none.py").write_text("def test_nothing():\n    pass\n")
    told = commands.run([python, "-m", "pytest", "--help"], timeout_s=120, cwd=tmp_path)
    assert "--todo-cluster=minikube[:PROFILE]|kind[:NAME]|context:NAME" in told.stdout
    plain = commands.run([python, "-m", "pytest", "-q", "-p", "no:cacheprovider"], timeout_s=120, cwd=tmp_path)
    assert "1 passed" in plain.stdout
    command = [str(Path(python).with_name("todo-k8s")), "assist", "dockerfile"]
    elsewhere = commands.run(command, timeout_s=60, cwd=tmp_path, check=False)
    assert elsewhere.exit_code == 10
    assert "call this in the project's folder" in elsewhere.stderr
    here = commands.run(command, timeout_s=60, cwd=ROOT, check=False)
    assert "backend (backend.Dockerfile)" in here.stdout
