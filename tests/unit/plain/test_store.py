"""Kept folders: whole or not there, and the ones that were asked for last."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.plain.store import Store, link

if TYPE_CHECKING:
    from pathlib import Path


KEPT = 3


@pytest.fixture
def made(tmp_path: Path) -> Path:
    (tmp_path / "made").mkdir()
    (tmp_path / "made/server.js").write_text("it")
    return tmp_path / "made"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", KEPT)


def folders(store: Store) -> set[str]:
    return {each.name for each in store.folder.iterdir() if each.is_dir()}


def test_what_is_kept_is_found(store: Store, made: Path) -> None:
    assert store.take("a") is None
    store.keep("a", made)
    assert store.take("a") == store.folder / "a"
    assert (store.folder / "a/server.js").read_text() == "it"
    assert store.take("b") is None


def test_half_a_copy_is_never_in_place(store: Store, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(_made: Path, copy: Path, **_options: Any) -> None:
        copy.mkdir(parents=True)
        (copy / "server.js").write_text("i")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copytree", half)
    with pytest.raises(OSError, match="No space left"):
        store.keep("a", made)
    assert store.take("a") is None
    assert folders(store) == set()


def test_what_a_killed_process_of_the_same_id_left_is_no_obstacle(store: Store, made: Path) -> None:
    (store.folder / f".a.{os.getpid()}").mkdir(parents=True)
    store.keep("a", made)
    assert folders(store) == {"a"}


def test_the_first_of_two_checkouts_wins(store: Store, made: Path) -> None:
    store.keep("a", made)
    (made / "server.js").write_text("later")
    store.keep("a", made)
    assert (store.folder / "a/server.js").read_text() == "it"
    assert folders(store) == {"a"}


def test_those_go_that_were_longest_not_asked_for(store: Store, made: Path) -> None:
    for number in range(KEPT):
        store.keep(str(number), made)
        os.utime(store.folder / str(number), (number, number))
    assert store.take("0")
    store.keep("new", made)
    assert folders(store) == {"0", "new", *map(str, range(2, KEPT))}


def test_files_are_linked_where_that_can_be_and_copied_elsewhere(
    store: Store, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.keep("linked", made, link)
    assert (store.folder / "linked/server.js").samefile(made / "server.js")

    def refused(*_names: str, **_options: Any) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refused)
    store.keep("copied", made, link)
    assert not (store.folder / "copied/server.js").samefile(made / "server.js")
    assert (store.folder / "copied/server.js").read_text() == "it"
