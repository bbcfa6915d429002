from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import kind
from pytest_todo_k8s.bootstrap.binaries import KUBERNETES, BinariesStep
from pytest_todo_k8s.bootstrap.plan import plan
from pytest_todo_k8s.bootstrap.record import Record
from pytest_todo_k8s.bootstrap.step import Condition
from pytest_todo_k8s.errors import SetupError

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.binaries import Module
    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.conftest import Heard
    from tests.unit.bootstrap.stubs import Stubs


def program(site: Site, module: Module, name: str, text: str = ":") -> None:
    file = module.program(site, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    file.chmod(0o755)


def test_kind_comes_last_and_only_when_asked_for(site: Site) -> None:
    found = plan(site, with_kind=True)
    assert [step.name for step in found.steps][-2:] == ["kind-node", "kind"]
    assert kind.KIND in next(step.modules for step in found.steps if isinstance(step, BinariesStep))
    assert not {"kind", "kind-node"} & {step.name for step in plan(site).steps}
    assert kind.KIND not in next(step.modules for step in plan(site).steps if isinstance(step, BinariesStep))


def test_where_minikube_is_found_the_parts_are_missing(stubs: Stubs, site: Site) -> None:
    stubs.docker()
    stubs.minikube(site.cache)
    stubs.kubectl()
    with pytest.raises(SetupError, match="made of the parts") as caught:
        plan(site, with_kind=True)
    assert "kind create cluster" in caught.value.hint


def test_the_node_image_holds_programs_and_images(stubs: Stubs, site: Site, heard: Heard) -> None:
    stubs.docker()
    for name in kind.PROGRAMS:
        program(site, KUBERNETES, name)
    stubs.answer("docker", "'save '*", '/bin/touch "$3"')
    step = kind.KindImageStep(site)
    assert step.state().condition is Condition.MISSING
    step.run(heard)
    saved = [call.split()[-1] for call in stubs.calls("docker save")]
    assert "registry.k8s.io/pause:3.10.1" in saved
    assert "gcr.io/k8s-minikube/storage-provisioner:v5" in saved
    assert len(saved) == 7 + 1
    (built,) = stubs.calls("docker build")
    assert "--build-arg=BASE=todo-k8s/minikube-node:1" in built
    assert "--build-arg=VERSION=v1.34.4" in built
    assert not (site.partial / "kind-node").exists()


def test_the_cluster_is_made_recorded_and_leaves_minikube_current(stubs: Stubs, site: Site, heard: Heard) -> None:
    stubs.docker()
    program(site, kind.KIND, "kind", f'echo "kind $*" >> {stubs.folder}/calls')
    program(site, KUBERNETES, "kubectl", f'echo "kubectl $*" >> {stubs.folder}/calls')
    step = kind.KindClusterStep(site)
    assert step.state().condition is Condition.MISSING
    step.run(heard)
    assert Record.load(site.cache).kind
    (created,) = stubs.calls("kind create cluster")
    assert f"--name=todo-k8s --image={kind.REFERENCE}" in created
    assert stubs.calls("kubectl") == [f"kubectl config --kubeconfig={site.kubeconfig} use-context todo-k8s"]


@pytest.mark.parametrize(("word", "condition"), [("running", Condition.PRESENT), ("exited", Condition.BROKEN)])
def test_the_engine_tells_of_the_node(stubs: Stubs, site: Site, word: str, condition: Condition) -> None:
    stubs.docker()
    stubs.mark("node").write_text(f"{word}\n", encoding="utf-8")
    assert kind.KindClusterStep(site).state().condition is condition
    assert kind.delete(site)
    assert stubs.calls("docker container rm") == ["docker container rm --force --volumes todo-k8s-control-plane"]
    assert not kind.delete(site)


def test_without_an_engine_nothing_is_known(stubs: Stubs, site: Site) -> None:
    stubs.docker(up=False)
    assert kind.KindImageStep(site).state().condition is Condition.UNKNOWN
    assert kind.KindClusterStep(site).state().condition is Condition.UNKNOWN
    assert not kind.delete(site)
