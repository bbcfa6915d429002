from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import packages
from pytest_todo_k8s.bootstrap.bases import BasesStep
from pytest_todo_k8s.bootstrap.binaries import CLUSTER_MODULES, HELM, BinariesStep
from pytest_todo_k8s.bootstrap.packages import PackagesStep
from pytest_todo_k8s.bootstrap.plan import Plan, plan
from pytest_todo_k8s.bootstrap.record import Record
from pytest_todo_k8s.errors import SetupError
from tests.unit.bootstrap.stubs import machine, say

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.stubs import Stubs


def names(found: Plan) -> list[str]:
    return [step.name for step in found.steps]


def packages_of(found: Plan) -> tuple[str, ...]:
    return next((step.packages for step in found.steps if isinstance(step, PackagesStep)), ())


def binaries_of(found: Plan) -> BinariesStep:
    return next(step for step in found.steps if isinstance(step, BinariesStep))


def registry_of(found: Plan) -> bool:
    return next(step.registry for step in found.steps if isinstance(step, BasesStep))


def test_on_a_bare_machine_everything_is_made(site: Site) -> None:
    found = plan(site)
    assert names(found) == [
        "packages",
        "kernel",
        "engine",
        "firewall",
        "go",
        "binaries",
        "browser",
        "images",
        "node",
        "cluster",
        "metrics",
        "bases",
    ]
    built_with = (*packages.COMPILER, *packages.ROOT_FILE_SYSTEMS)
    assert packages_of(found) == (*packages.ENGINE, *built_with, *packages.COMPOSE)
    assert binaries_of(found).modules == (*CLUSTER_MODULES, HELM)
    assert not registry_of(found)


def test_with_all_four_tools_nothing_is_built(stubs: Stubs, site: Site) -> None:
    stubs.docker()
    stubs.minikube(site.cache)
    stubs.kubectl()
    stubs.answer("helm", "*", say("v3.14.0"))
    found = plan(site)
    assert names(found) == ["kernel", "engine", "browser", "cluster", "metrics", "bases"]
    assert registry_of(found)
    assert found.minikube.found is not None


def test_without_root_what_only_root_can_do_is_left_out(stubs: Stubs, cache: Path) -> None:
    stubs.docker()
    stubs.minikube(cache)
    stubs.answer("helm", "*", say("v3.14.0"))
    assert names(plan(stubs.site(cache, machine(root=False)))) == ["engine", "browser", "cluster", "metrics", "bases"]


def test_only_helm_missing_builds_only_helm(stubs: Stubs, site: Site) -> None:
    stubs.docker()
    stubs.minikube(site.cache)
    found = plan(site)
    assert names(found) == ["kernel", "engine", "go", "binaries", "browser", "cluster", "metrics", "bases"]
    assert binaries_of(found).modules == (HELM,)


def test_an_old_minikube_is_not_used(stubs: Stubs, site: Site) -> None:
    stubs.docker()
    stubs.answer("minikube", "*", say("v1.25.2"))
    assert plan(site).minikube.built


def test_a_machine_that_can_not_grant_sys_resource_needs_python_for_the_lean_runtime(stubs: Stubs, cache: Path) -> None:
    assert "python3" in packages_of(plan(stubs.site(cache, machine(grants_sys_resource=False))))


def test_a_dockerd_that_is_there_is_not_installed(stubs: Stubs, site: Site) -> None:
    stubs.docker(up=False)
    stubs.answer("dockerd", "*", ":")
    assert "docker.io" not in packages_of(plan(site))


def test_compose_is_installed_where_everything_is_and_docker_has_none(stubs: Stubs, cache: Path) -> None:
    stubs.answer("docker", "'compose version'", "exit 1")
    assert "docker-compose" in packages_of(plan(stubs.site(cache)))
    assert "docker-compose" not in packages_of(plan(stubs.site(cache, machine(root=False))))
    stubs.answer("docker", "'compose version'", say("v5.7.0"))
    assert "docker-compose" not in packages_of(plan(stubs.site(cache)))


def test_a_named_engine_is_not_replaced(stubs: Stubs, cache: Path) -> None:
    assert "docker.io" not in packages_of(plan(stubs.site(cache, DOCKER_HOST="tcp://box:2376")))


def test_where_set_up_brought_the_engine_no_registry_is_tried(stubs: Stubs, site: Site) -> None:
    stubs.docker()
    assert registry_of(plan(site))
    Record.change(site.cache, packages=("docker.io", "gcc"))
    assert not registry_of(plan(site))


def test_on_another_architecture_minikube_must_be_there(stubs: Stubs, cache: Path) -> None:
    site = stubs.site(cache, machine(architecture="aarch64"))
    with pytest.raises(SetupError, match="no minikube on PATH, and on aarch64 none is built from source"):
        plan(site)
    stubs.minikube(cache)
    assert not plan(site).minikube.built
