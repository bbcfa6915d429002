from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import metrics
from pytest_todo_k8s.bootstrap.binaries import KUBERNETES, MINIKUBE
from pytest_todo_k8s.bootstrap.metrics import MetricsStep
from pytest_todo_k8s.bootstrap.minikube import Minikube
from pytest_todo_k8s.bootstrap.programs import fit, minikubes
from pytest_todo_k8s.bootstrap.step import Condition, broken
from pytest_todo_k8s.errors import SetupError
from tests.unit.bootstrap.stubs import say_json

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.conftest import Heard
    from tests.unit.bootstrap.stubs import Stubs

SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"
NODES = "/apis/metrics.k8s.io/v1beta1/nodes"


@pytest.fixture
def step(stubs: Stubs, site: Site, monkeypatch: pytest.MonkeyPatch) -> MetricsStep:
    """A cluster that runs, without the add-on."""
    monkeypatch.setattr(metrics, "POLL_S", 0.02)
    stubs.docker()
    stubs.minikube(stubs.folder / "home" / ".minikube")
    stubs.kubectl()
    site.kubeconfig.touch()
    return MetricsStep(site, Minikube(site, fit(minikubes(site))))


def test_the_add_on_is_enabled_with_fresher_samples(stubs: Stubs, step: MetricsStep, heard: Heard) -> None:
    assert step.state().reason == "metrics-server is not enabled"
    step.run(heard)
    assert step.state().done
    assert stubs.calls("minikube --profile") == ["minikube --profile=todo-k8s addons enable metrics-server"]
    (patch,) = [call for call in stubs.calls("kubectl") if " patch " in call]
    command, _, operations = patch.partition(" --patch=")
    assert command.endswith("--namespace kube-system patch deployment/metrics-server --type=json")
    change, anew = json.loads(operations)
    where = "/spec/template/spec/containers/0/args/1"
    assert change == {"op": "replace", "path": where, "value": "--metric-resolution=15s"}
    assert (anew["op"], anew["path"]) == ("add", "/spec/template/metadata/annotations")
    assert list(anew["value"]) == ["kubectl.kubernetes.io/restartedAt"]


def test_a_restart_that_brought_the_defaults_back_is_mended(stubs: Stubs, step: MetricsStep, heard: Heard) -> None:
    step.run(heard)
    stubs.mark("patched").unlink()
    assert step.state() == broken("metrics-server runs without --metric-resolution=15s")
    stubs.forget()
    step.run(heard)
    assert step.state().done
    assert stubs.calls("minikube") == []


def test_without_the_argument_it_is_added(stubs: Stubs, step: MetricsStep, heard: Heard) -> None:
    stubs.mark("metrics").touch()
    bare = {"spec": {"template": {"spec": {"containers": [{"name": "metrics-server"}]}}}}
    stubs.api(metrics.DEPLOYMENT, say_json(bare))
    step.run(heard)
    (patch,) = [call for call in stubs.calls("kubectl") if " patch " in call]
    assert '"op": "add", "path": "/spec/template/spec/containers/0/args/-"' in patch


def test_an_aggregated_api_that_is_not_available_is_named(stubs: Stubs, step: MetricsStep, heard: Heard) -> None:
    step.run(heard)
    silent = {
        "metadata": {"name": "v1beta1.metrics.k8s.io"},
        "status": {"conditions": [{"type": "Available", "status": "False"}]},
    }
    stubs.api(SERVICES, say_json({"items": [silent]}))
    assert step.state() == broken("v1beta1.metrics.k8s.io does not answer")


def test_names_have_to_be_resolved_too(stubs: Stubs, step: MetricsStep, heard: Heard) -> None:
    step.run(heard)
    stubs.api(metrics.COREDNS, say_json({"status": {"replicas": 1}}))
    assert step.state() == broken("CoreDNS is not ready")
    stubs.api(metrics.COREDNS, say_json({"status": {"replicas": 1, "readyReplicas": 1}}))
    assert step.state().done


def test_it_waits_for_the_first_sample(stubs: Stubs, step: MetricsStep, heard: Heard) -> None:
    asked = stubs.mark("asked")
    some, none = say_json({"items": [1]}), say_json({"items": []})
    stubs.api(NODES, f"if [ -e {asked} ]; then {some}; else : > {asked}; {none}; fi")
    step.run(heard)
    assert asked.exists()


def test_it_gives_up_with_the_last_answer(
    stubs: Stubs, step: MetricsStep, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "ANSWER_TIMEOUT_S", 0.1)
    stubs.api(NODES, "exit 1")
    with pytest.raises(SetupError, match=r"metrics\.k8s\.io has no sample of the node yet after 0 s"):
        step.run(heard)


def test_without_a_cluster_it_can_not_be_told(stubs: Stubs, step: MetricsStep) -> None:
    stubs.api("/readyz", "exit 1")
    assert step.state().condition is Condition.UNKNOWN


@pytest.mark.usefixtures("step")
def test_a_built_minikube_is_given_the_image(stubs: Stubs, site: Site, heard: Heard) -> None:
    for module, name in ((KUBERNETES, "kubectl"), (MINIKUBE, "minikube")):
        module.folder(site).mkdir(parents=True)
        (stubs.bin / name).rename(module.program(site, name))
    MetricsStep(site, Minikube(site, None)).run(heard)
    image = "registry.k8s.io/metrics-server/metrics-server:v0.8.0"
    images = "--images=MetricsServer=metrics-server/metrics-server:v0.8.0"
    assert stubs.calls("minikube --profile") == [
        f"minikube --profile=todo-k8s image load --daemon {image}",
        f"minikube --profile=todo-k8s addons enable metrics-server {images} --registries=MetricsServer=registry.k8s.io",
    ]
