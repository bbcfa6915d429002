from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import removal
from pytest_todo_k8s.bootstrap.record import Record
from pytest_todo_k8s.tools import processes
from tests.unit.bootstrap.stubs import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.stubs import Stubs


@pytest.fixture
def daemon() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


@pytest.fixture
def made(stubs: Stubs, site: Site, daemon: subprocess.Popen[bytes]) -> Site:
    """A machine on which set-up made everything."""
    stubs.docker()
    stubs.minikube(stubs.folder / "home" / ".minikube")
    stubs.mark("node").write_text("running\n", encoding="utf-8")
    stubs.answer("docker", "'image ls '*", say("1a todo-k8s/debian:trixie"))
    stubs.answer("iptables", "*", ":")
    stubs.answer("dpkg-query", "*", say("docker.io installed\ngcc config-files"))
    for name in ("toolchain/.minikube", "runs/1", "plain/1", "app"):
        (site.cache / name).mkdir(parents=True)
    (site.cache / "setup.json").touch()
    Record.change(
        site.cache,
        packages=("docker.io", "gcc"),
        engine=processes.find(daemon.pid),
        firewall=True,
        profile=True,
    )
    return site


def test_everything_that_was_made_is_removed_and_named(
    stubs: Stubs, made: Site, daemon: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    removal.remove(made)
    assert not made.cache.exists()
    assert daemon.wait(5) == -signal.SIGTERM
    for call in (
        "minikube --profile=todo-k8s delete",
        "docker image rm --force 1a",
        "docker builder prune --all --force",
        "iptables -w -D DOCKER-USER -d 10.96.0.0/12 -j REJECT",
    ):
        assert call in stubs.calls()
    said = capsys.readouterr().err
    for text in (
        "removed the Minikube profile todo-k8s",
        "removed the image todo-k8s/debian:trixie",
        "removed the firewall rule",
        "removed the engine process",
        f"removed {made.cache}",
        "left installed, as set-up asked for them: docker.io (apt-get purge removes them)",
    ):
        assert text in said


def test_what_set_up_did_not_make_stays(stubs: Stubs, site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    stubs.docker()
    stubs.minikube(stubs.folder / "home" / ".minikube")
    stubs.mark("node").write_text("running\n", encoding="utf-8")
    stubs.answer("iptables", "*", ":")
    (site.cache / "letter").touch()
    removal.remove(site)
    assert stubs.mark("node").exists()
    assert not stubs.calls("iptables")
    assert not [call for call in stubs.calls("docker") if " rm " in call or " prune " in call]
    assert [each.name for each in site.cache.iterdir()] == ["letter"]
    assert "letter in it is not of set-up's making" in capsys.readouterr().err


def test_a_second_removal_has_nothing_to_do(stubs: Stubs, made: Site, capsys: pytest.CaptureFixture[str]) -> None:
    removal.remove(made)
    stubs.forget()
    capsys.readouterr()
    removal.remove(made)
    removal.stop(made)
    assert stubs.calls() == []
    assert capsys.readouterr().err.count("nothing to") == 2


def test_without_an_engine_the_rest_is_removed(stubs: Stubs, made: Site) -> None:
    stubs.mark("engine").unlink()
    removal.remove(made)
    assert not made.cache.exists()
    assert not [call for call in stubs.calls("docker") if " rm " in call]


def test_stop_keeps_everything_but_the_processes(
    stubs: Stubs, made: Site, daemon: subprocess.Popen[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    removal.stop(made)
    assert stubs.calls("minikube --profile") == ["minikube --profile=todo-k8s stop"]
    assert "docker builder prune --force --keep-storage=10gb" in stubs.calls("docker")
    assert daemon.wait(5) == -signal.SIGTERM
    assert (made.cache / "setup.json").exists()
    assert made.record.engine is None
    assert made.record.profile
    said = capsys.readouterr().err
    assert "stopped the node of profile todo-k8s" in said
    assert "stopped the engine" in said


def test_stop_leaves_an_engine_of_others_alone(stubs: Stubs, site: Site) -> None:
    stubs.docker()
    stubs.mark("node").write_text("running\n", encoding="utf-8")
    removal.stop(site)
    assert not [call for call in stubs.calls("docker") if " prune " in call]
    assert stubs.mark("node").exists()
