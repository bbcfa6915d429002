from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import kernel
from pytest_todo_k8s.bootstrap.kernel import SETTINGS, KernelStep

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.conftest import Heard

INSTANCES, WATCHES = SETTINGS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A /proc/sys with the kernel's own number of instances and enough watches."""
    for name, value in ((INSTANCES, 128), (WATCHES, 1_000_000)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{value}\n", encoding="ascii")
    return tmp_path


def read(folder: Path, name: str) -> int:
    return int((folder / name).read_text(encoding="ascii"))


def test_only_what_is_too_low_is_raised(site: Site, folder: Path, heard: Heard) -> None:
    step = KernelStep(site, folder)
    assert step.state().reason == "fs.inotify.max_user_instances is 128"
    step.run(heard)
    assert step.state().done
    assert (read(folder, INSTANCES), read(folder, WATCHES)) == (1024, 1_000_000)


def test_the_value_before_is_put_back(site: Site, folder: Path, heard: Heard) -> None:
    KernelStep(site, folder).run(heard)
    assert kernel.restore(site, folder) == ("fs.inotify.max_user_instances = 128",)
    assert read(folder, INSTANCES) == 128


def test_the_first_value_is_remembered_after_a_restart(site: Site, folder: Path, heard: Heard) -> None:
    KernelStep(site, folder).run(heard)
    (folder / INSTANCES).write_text("256\n", encoding="ascii")
    KernelStep(site, folder).run(heard)
    assert site.record.kernel == {INSTANCES: 128}


def test_without_a_record_nothing_is_put_back(site: Site, folder: Path) -> None:
    assert kernel.restore(site, folder) == ()
    assert read(folder, INSTANCES) == 128
