"""Kept builds: whole or not there, and the ones that were asked for last."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.plain.builds import KEPT, Builds

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def made(tmp_path: Path) -> Path:
    (tmp_path / "made").mkdir()
    (tmp_path / "made/server.js").write_text("it")
    return tmp_path / "made"


@pytest.fixture
def builds(tmp_path: Path) -> Builds:
    return Builds(tmp_path / "cache")


def folders(builds: Builds) -> set[str]:
    return {build.name for build in builds.folder.iterdir() if build.is_dir()}


def test_what_is_kept_is_found(builds: Builds, made: Path) -> None:
    assert builds.take("a") is None
    builds.keep("a", made)
    assert builds.take("a") == builds.folder / "a"
    assert (builds.folder / "a/server.js").read_text() == "it"
    assert builds.take("b") is None


def test_half_a_copy_is_never_in_place(builds: Builds, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(_made: Path, copy: Path, **_options: Any) -> None:
        copy.mkdir(parents=True)
        (copy / "server.js").write_text("i")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", half)
    with pytest.raises(OSError, match="No space left"):
        builds.keep("a", made)
    assert builds.take("a") is None
    assert folders(builds) == set()


def test_what_a_killed_process_of_the_same_id_left_is_no_obstacle(builds: Builds, made: Path) -> None:
    (builds.folder / f".a.{os.getpid()}").mkdir(parents=True)
    builds.keep("a", made)
    assert folders(builds) == {"a"}


def test_the_first_of_two_checkouts_wins(builds: Builds, made: Path) -> None:
    builds.keep("a", made)
    (made / "server.js").write_text("later")
    builds.keep("a", made)
    assert (builds.folder / "a/server.js").read_text() == "it"
    assert folders(builds) == {"a"}


def test_those_go_that_were_longest_not_asked_for(builds: Builds, made: Path) -> None:
    for number in range(KEPT):
        builds.keep(str(number), made)
        os.utime(builds.folder / str(number), (number, number))
    assert builds.take("0")
    builds.keep("new", made)
    assert folders(builds) == {"0", "new", *map(str, range(2, KEPT))}
