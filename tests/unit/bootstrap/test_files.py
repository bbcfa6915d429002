from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.bootstrap.files import digest, discard, fresh, take

if TYPE_CHECKING:
    from pathlib import Path


def test_fresh_is_empty_whatever_was_there(tmp_path: Path) -> None:
    old = tmp_path / "a" / "b"
    fresh(old)
    (old / "left").touch()
    assert list(fresh(old).iterdir()) == []


def test_take_replaces_what_stood_there(tmp_path: Path) -> None:
    aside, place = fresh(tmp_path / "aside"), fresh(tmp_path / "deep" / "place")
    (place / "old").touch()
    (aside / "new").touch()
    take(aside, place)
    assert [each.name for each in place.iterdir()] == ["new"]
    assert not aside.exists()


def test_discard_takes_folders_files_links_and_nothing(tmp_path: Path) -> None:
    target = fresh(tmp_path / "target")
    link, file = tmp_path / "link", tmp_path / "file"
    link.symlink_to(target)
    file.touch()
    for each in (link, file, tmp_path / "none"):
        discard(each)
        assert not each.is_symlink()
        assert not each.exists()
    assert target.is_dir()


def test_the_digest_changes_with_text_content_and_name(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("a", encoding="utf-8")
    first = digest(("x", tmp_path))
    assert digest(("y", tmp_path)) != first
    file.write_text("b", encoding="utf-8")
    changed = digest(("x", tmp_path))
    assert changed != first
    file.rename(tmp_path / "other")
    assert digest(("x", tmp_path)) not in {first, changed}
    assert len(first) == 8


def test_the_digest_keeps_parts_apart() -> None:
    assert digest(("ab", "c")) != digest(("a", "bc"))
