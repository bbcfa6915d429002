from __future__ import annotations

import os
import shutil
from collections import namedtuple
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import space
from pytest_todo_k8s.bootstrap.step import Cost
from pytest_todo_k8s.errors import SetupError
from tests.unit.bootstrap.stubs import say

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.stubs import Stubs

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024  the standard library's own form
COSTS = (Cost(1, cache_mb=600, engine_mb=300), Cost(1, cache_mb=100))


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> dict[Path, int]:
    """MB free by folder; a folder that is not named has plenty."""
    figures: dict[Path, int] = {}
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(0, 0, figures.get(folder, 10**6) * 10**6))
    return figures


def test_on_one_disk_both_figures_count(
    site: Site, free: dict[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "ENGINE_FOLDER", tmp_path / "engine")
    free[site.cache] = 1_000
    space.check(site, "images", COSTS)
    free[site.cache] = 999
    with pytest.raises(SetupError, match=r"has 999 MB free and what is missing needs 1,000 MB") as caught:
        space.check(site, "images", COSTS)
    assert caught.value.step == "images"


def test_on_two_disks_each_has_its_own(
    stubs: Stubs, site: Site, free: dict[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tmp_path / "engine"
    engine.mkdir()
    stubs.docker()
    stubs.answer("docker", "'info '*", say(str(engine)))
    monkeypatch.setattr(space, "_device", hash)
    free |= {site.cache: 700, engine: 300}
    space.check(site, "images", COSTS)
    free[engine] = 299
    with pytest.raises(SetupError, match=rf"the disk of {engine} has 299 MB free .* needs 300 MB"):
        space.check(site, "images", COSTS)


def test_a_folder_that_does_not_exist_has_the_space_of_the_one_above(tmp_path: Path) -> None:
    expected = os.statvfs(tmp_path)
    free = space.free_mb(tmp_path / "a" / "b")
    assert free == pytest.approx(expected.f_bavail * expected.f_frsize / 10**6, rel=0.1)
