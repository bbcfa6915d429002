from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import packages
from pytest_todo_k8s.bootstrap.packages import PackagesStep
from pytest_todo_k8s.bootstrap.step import Condition
from pytest_todo_k8s.errors import SetupError
from pytest_todo_k8s.tools.command import CommandError
from tests.unit.bootstrap.stubs import Stubs, machine, say

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.conftest import Heard


@pytest.fixture
def apt(stubs: Stubs) -> None:
    """A Debian on which gcc is installed; what is asked for gets installed."""
    installed = stubs.mark("installed")
    stubs.answer("dpkg-query", "*", f"printf 'gcc installed\\n'; [ ! -e {installed} ] || /bin/cat {installed}")
    stubs.answer("dpkg", "*", ":")
    stubs.answer("apt-get", "*", ":")
    stubs.answer("apt-get", "*' install '*", f"printf 'mmdebstrap installed\\ndocker.io installed\\n' > {installed}")
    stubs.answer("apt-cache", "*", ":")


@pytest.mark.usefixtures("apt")
def test_what_is_installed_is_present(site: Site) -> None:
    assert PackagesStep(site, ("gcc",)).state().done


@pytest.mark.usefixtures("apt")
def test_what_is_missing_is_named(site: Site) -> None:
    state = PackagesStep(site, ("gcc", "mmdebstrap")).state()
    assert (state.condition, state.reason) == (Condition.MISSING, "mmdebstrap not installed")


def test_an_interrupted_installation_is_broken(stubs: Stubs, site: Site) -> None:
    stubs.answer("dpkg-query", "*", say("docker.io half-configured"))
    state = PackagesStep(site, ("docker.io", "gcc")).state()
    assert state.condition is Condition.BROKEN
    assert "docker.io" in state.reason


@pytest.mark.usefixtures("apt")
def test_only_the_missing_are_installed_after_mending_what_was_interrupted(
    stubs: Stubs, site: Site, heard: Heard
) -> None:
    step = PackagesStep(site, ("gcc", "mmdebstrap"))
    step.run(heard)
    lock = "-o DPkg::Lock::Timeout=120"
    assert stubs.calls("dpkg ") + stubs.calls("apt-get") == [
        "dpkg --configure -a",
        f"apt-get {lock} update",
        f"apt-get {lock} install --yes --no-install-recommends --fix-broken mmdebstrap",
    ]
    assert step.state().done
    assert site.record.packages == ("mmdebstrap",)


@pytest.mark.usefixtures("apt")
def test_a_second_installation_adds_to_the_record(site: Site, heard: Heard) -> None:
    packages.install(site, ("mmdebstrap",), heard, step="packages")
    (site.cache / "made.json").write_text('{"packages": ["iptables"]}', encoding="utf-8")
    packages.install(site, ("libc6-dev",), heard, step="packages")
    assert site.record.packages == ("iptables", "libc6-dev")


@pytest.mark.usefixtures("apt")
def test_nothing_missing_calls_no_apt(stubs: Stubs, site: Site, heard: Heard) -> None:
    packages.install(site, ("gcc",), heard, step="packages")
    assert not stubs.calls("apt-get")


@pytest.mark.usefixtures("apt")
def test_without_root_an_administrator_is_told_what_to_install(stubs: Stubs, cache: Path, heard: Heard) -> None:
    with pytest.raises(SetupError) as caught:
        packages.install(stubs.site(cache, machine(root=False)), ("gcc", "docker.io"), heard, step="packages")
    assert caught.value.hint == "ask an administrator to run: apt-get install docker.io"


def test_another_system_is_told_apart(stubs: Stubs, site: Site, heard: Heard) -> None:
    stubs.answer("sh", "*", ":")
    with pytest.raises(SetupError, match="gcc are missing and this system has no apt-get"):
        packages.install(site, ("gcc",), heard, step="packages")


@pytest.mark.usefixtures("apt")
def test_a_failing_apt_is_an_error(stubs: Stubs, site: Site, heard: Heard) -> None:
    stubs.answer("apt-get", "*' update'", "printf 'E: Temporary failure resolving\\n' >&2; exit 100")
    with pytest.raises(CommandError, match="status 100: E: Temporary failure resolving"):
        packages.install(site, ("mmdebstrap",), heard, step="packages")
    assert "Temporary failure" in heard.log_file.read_text(encoding="utf-8")


@pytest.mark.usefixtures("apt")
def test_where_debian_splits_the_engine_its_parts_come_too(stubs: Stubs, site: Site, heard: Heard) -> None:
    policy = "docker-cli:\n  Installed: (none)\n  Candidate: 26.1.5\ndocker-buildx:\n  Candidate: (none)"
    stubs.answer("apt-cache", "'policy docker-cli docker-buildx'", say(policy))
    packages.install(site, ("docker.io",), heard, step="packages")
    assert stubs.calls("apt-get")[-1].endswith("--fix-broken docker.io docker-cli")
