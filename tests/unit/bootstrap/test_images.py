from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import jobs
from pytest_todo_k8s.bootstrap.binaries import CLUSTER_MODULES
from pytest_todo_k8s.bootstrap.debian import Root, mirrors
from pytest_todo_k8s.bootstrap.images import COMPONENTS, DEBIAN, PAUSE, PROXY, ImagesStep
from pytest_todo_k8s.bootstrap.node_image import REFERENCE, NodeImageStep
from pytest_todo_k8s.bootstrap.step import Condition
from pytest_todo_k8s.errors import SetupError
from tests.unit.bootstrap.stubs import say

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.conftest import Heard
    from tests.unit.bootstrap.stubs import Stubs


@pytest.fixture
def parts(stubs: Stubs, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine, the binaries, and the programs that root file systems are made with."""
    monkeypatch.setattr(jobs, "POLL_S", 0.02)
    stubs.docker()
    for module in CLUSTER_MODULES:
        module.folder(site).mkdir(parents=True)
        for name in module.programs:
            module.program(site, name).write_text(name, encoding="utf-8")
    stubs.answer("dpkg-query", "*", say("mmdebstrap installed\ndebian-archive-keyring installed"))
    stubs.answer("apt-get", "*", ":")
    stubs.answer("mmdebstrap", "*", ":")
    stubs.answer("gcc", "*", ":")


@pytest.fixture
def home(site: Site) -> Path:
    return site.toolchain / ".minikube"


@pytest.mark.usefixtures("parts")
def test_every_image_is_made_once(stubs: Stubs, site: Site, heard: Heard, home: Path) -> None:
    step = ImagesStep(site, home)
    assert step.state().condition is Condition.MISSING
    step.run(heard)
    assert step.state().done
    built = [call.split("--tag=")[1].split()[0] for call in stubs.calls("docker build")]
    assert built == [*(component.reference for component in COMPONENTS), PAUSE, PROXY]
    assert len(stubs.calls("docker import")) == 1
    stubs.forget()
    step.run(heard)
    assert stubs.calls("docker build") == stubs.calls("docker import") == []


@pytest.mark.usefixtures("parts")
def test_minikubes_copies_of_older_images_go(site: Site, heard: Heard, home: Path) -> None:
    (home / "cache" / "images" / "amd64").mkdir(parents=True)
    ImagesStep(site, home).run(heard)
    assert not (home / "cache" / "images").exists()


@pytest.mark.usefixtures("parts")
def test_a_single_lost_image_is_made_alone(stubs: Stubs, site: Site, heard: Heard, home: Path) -> None:
    ImagesStep(site, home).run(heard)
    (stubs.mark("images") / PAUSE.replace("/", "_")).unlink()
    stubs.forget()
    step = ImagesStep(site, home)
    assert step.state().reason == f"{PAUSE} not in the engine"
    step.run(heard)
    assert len(stubs.calls("docker build")) == 1


@pytest.mark.usefixtures("parts")
def test_a_killed_mmdebstrap_leaves_no_image(stubs: Stubs, site: Site, heard: Heard, home: Path) -> None:
    stubs.answer("mmdebstrap", "*", say("E: mmdebstrap failed to run") + "; exit 1")
    with pytest.raises(SetupError, match="todo-k8s/debian:bookworm could not be made"):
        ImagesStep(site, home).run(heard)
    assert not stubs.calls("docker import")
    assert ImagesStep(site, home).state().condition is Condition.MISSING


def test_without_an_engine_it_can_not_be_told(stubs: Stubs, site: Site, home: Path) -> None:
    stubs.docker(up=False)
    assert ImagesStep(site, home).state().condition is Condition.UNKNOWN
    assert NodeImageStep(site).state().condition is Condition.UNKNOWN


@pytest.mark.usefixtures("parts")
def test_the_node_image_is_built_with_our_crictl(stubs: Stubs, site: Site, heard: Heard) -> None:
    stubs.answer("docker", "'build '*'/partial/node'", f"/bin/cp -r {site.partial}/node {stubs.mark('context')}")
    NodeImageStep(site).run(heard)
    names = {file.name for file in stubs.mark("context").iterdir()}
    assert {"crictl", "entrypoint", "containerd.toml", "sshd.conf"} <= names
    assert not (site.partial / "node").exists()


@pytest.mark.usefixtures("parts")
def test_the_node_image_is_made_once(stubs: Stubs, site: Site, heard: Heard) -> None:
    step = NodeImageStep(site)
    assert step.state().reason == f"{REFERENCE} not in the engine"
    step.run(heard)
    assert step.state().done
    assert f"--build-arg=BASE={DEBIAN.reference}" in stubs.calls("docker build")[0]


def test_a_whole_debian_is_finished_after_its_installation(tmp_path: Path) -> None:
    words = Root("todo-k8s/debian:trixie", "trixie").command((), tmp_path / "root.tar")
    assert words[:2] == ("mmdebstrap", "--variant=minbase")
    assert words[2].startswith("--customize-hook=sh ")
    assert words[2].endswith("/bases/finish \"$1\" ''")
    assert words[3:] == ("trixie", str(tmp_path / "root.tar"))


def test_a_root_without_a_shell_is_only_unpacked(tmp_path: Path) -> None:
    root = Root("x", "trixie", packages=("a", "b"), programs=("node",), extra=tmp_path / "my tree")
    words = root.command(("deb http://mirror trixie main",), tmp_path / "root.tar")
    assert words[1:3] == ("--variant=extract", "--include=a,b")
    assert words[3].startswith("--extract-hook=sh ")
    assert words[3].endswith(f"\"$1\" '{tmp_path}/my tree' node")
    assert words[-1] == "deb http://mirror trixie main"


def test_the_mirrors_are_those_of_this_machines_apt(stubs: Stubs, site: Site) -> None:
    rows = "Debian http://mirror/debian/\nDebian http://mirror/debian/\nDebian-Security http://mirror/security/"
    stubs.answer("apt-get", "'indextargets '*", say(rows))
    assert mirrors(site, "trixie") == (
        "deb http://mirror/debian/ trixie main",
        "deb http://mirror/debian/ trixie-updates main",
        "deb http://mirror/security/ trixie-security main",
    )


def test_elsewhere_mmdebstrap_knows_a_mirror_itself(site: Site) -> None:
    assert mirrors(site, "trixie") == ()
