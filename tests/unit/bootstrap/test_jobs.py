from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import jobs
from pytest_todo_k8s.bootstrap.jobs import Job, run_jobs
from pytest_todo_k8s.errors import SetupError
from tests.unit.bootstrap.stubs import say

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.conftest import Heard
    from tests.unit.bootstrap.stubs import Stubs


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "POLL_S", 0.02)


def run(site: Site, heard: Heard, *made: Job, width: int = 2) -> None:
    run_jobs(site.runner, made, step="binaries", hint="do this", width=width, progress=heard)


def test_each_is_followed_by_its_then(stubs: Stubs, site: Site, heard: Heard, tmp_path: Path) -> None:
    stubs.answer("make", "*", say("made"))
    done: list[str] = []
    made = [
        Job(name, ("make", name), tmp_path / f"{name}.log", 20, then=lambda name=name: done.append(name))  # type: ignore[misc]
        for name in "abc"
    ]
    run(site, heard, *made)
    assert sorted(done) == ["a", "b", "c"]
    assert (tmp_path / "a.log").read_text(encoding="utf-8") == "made\n"


def test_no_more_than_the_width_at_a_time(stubs: Stubs, site: Site, heard: Heard, tmp_path: Path) -> None:
    running = stubs.mark("running")
    stubs.answer("make", "*", f"[ ! -e {running} ] || exit 1; : > {running}; /bin/sleep 0.1; /bin/rm {running}")
    run(site, heard, *(Job(name, ("make",), tmp_path / name, 20) for name in "abc"), width=1)
    assert len(stubs.calls()) == 3


def test_the_first_failure_stops_the_others(stubs: Stubs, site: Site, heard: Heard, tmp_path: Path) -> None:
    stubs.answer("good", "*", "exec /bin/sleep 60")
    stubs.answer("bad", "*", say("no") + "; exit 3")
    started = time.monotonic()
    with pytest.raises(SetupError, match="bad could not be made, its command ended with status 3: do this") as caught:
        run(site, heard, *(Job(name, (name,), tmp_path / f"{name}.log", 60) for name in ("good", "bad", "good")))
    assert caught.value.log_file == tmp_path / "bad.log"
    assert time.monotonic() - started < 20
    assert len(stubs.calls("good")) == 1  # the third was not begun


def test_one_that_takes_too_long_is_an_error(stubs: Stubs, site: Site, heard: Heard, tmp_path: Path) -> None:
    stubs.answer("slow", "*", "exec /bin/sleep 60")
    with pytest.raises(SetupError, match="slow was not made within 0 s"):
        run(site, heard, Job("slow", ("slow",), tmp_path / "log", 0.2))


def test_what_goes_on_is_told_now_and_then(
    stubs: Stubs, site: Site, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "HEARTBEAT_S", 0.1)
    stubs.answer("slow", "*", "exec /bin/sleep 0.5")
    run(site, heard, Job("slow", ("slow",), tmp_path / "log", 20))
    assert any(line.startswith("still at slow (") for line in heard.lines)
