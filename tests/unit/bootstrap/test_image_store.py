from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import image_store
from pytest_todo_k8s.errors import SetupError
from tests.unit.bootstrap.stubs import say

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.conftest import Heard
    from tests.unit.bootstrap.stubs import Stubs


def test_an_image_is_made_once_for_each_recipe(stubs: Stubs, site: Site, heard: Heard, tmp_path: Path) -> None:
    stubs.docker()
    wanted = {"registry.k8s.io/etcd:3.6": "12345678"}
    assert image_store.lacking(site, wanted) == ("registry.k8s.io/etcd:3.6",)
    make(site, heard, tmp_path, recipe="12345678")
    assert image_store.lacking(site, wanted) == ()
    assert image_store.lacking(site, {"registry.k8s.io/etcd:3.6": "87654321"}) == ("registry.k8s.io/etcd:3.6",)


def make(site: Site, heard: Heard, context: Path, recipe: str) -> None:
    image_store.build(
        site,
        "registry.k8s.io/etcd:3.6",
        context,
        heard,
        step="images",
        recipe=recipe,
        dockerfile="FROM scratch\n",
        arguments={"BASE": "x"},
    )


def test_an_upstream_image_that_somebody_pulled_serves(stubs: Stubs, site: Site) -> None:
    stubs.docker()
    stubs.put_image("registry.k8s.io/etcd:3.6")
    assert image_store.lacking(site, {"registry.k8s.io/etcd:3.6": "12345678"}) == ()


def test_an_image_of_our_own_name_needs_our_recipe(stubs: Stubs, site: Site) -> None:
    stubs.docker()
    stubs.put_image("todo-k8s/node-build:24")
    assert image_store.lacking(site, {"todo-k8s/node-build:24": "12345678"}) == ("todo-k8s/node-build:24",)


def test_proxies_reach_the_build_by_name_alone(stubs: Stubs, cache: Path, heard: Heard, tmp_path: Path) -> None:
    stubs.docker()
    make(stubs.site(cache, http_proxy="http://user:secret@proxy:3128"), heard, tmp_path, recipe="1")
    (call,) = stubs.calls("docker build")
    assert "--build-arg=BASE=x --build-arg=http_proxy --file=-" in call
    assert "secret" not in call


def test_without_an_engine_nothing_is_known(stubs: Stubs, site: Site) -> None:
    stubs.docker(up=False)
    assert image_store.recipes(site, ("debian:trixie-slim",)) == {}
    assert image_store.remove_ours(site) == ()
    with pytest.raises(SetupError, match="no Docker engine answers any more"):
        image_store.client(site, "images")


def test_only_what_carries_our_label_is_removed(stubs: Stubs, site: Site) -> None:
    stubs.docker()
    rows = "1a todo-k8s/debian:trixie\n2b registry.k8s.io/etcd:3.6\n2b registry.k8s.io/etcd:latest"
    stubs.answer("docker", "'image ls --filter=label=todo-k8s.dev/recipe '*", say(rows))
    removed = image_store.remove_ours(site)
    assert removed == ("todo-k8s/debian:trixie", "registry.k8s.io/etcd:3.6", "registry.k8s.io/etcd:latest")
    assert stubs.calls("docker image rm") == ["docker image rm --force 1a 2b"]
