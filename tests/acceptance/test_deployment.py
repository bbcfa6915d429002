"""What a project's own tests against the deployment look like, by the fixtures that the plugin offers for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from kubernetes.client import CoreV1Api

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubernetes.client import ApiClient

    from pytest_todo_k8s.fixtures import TodoCluster
    from pytest_todo_k8s.measurements import Deploy, ImageBuild

TIMEOUT_S = 10.0


@pytest.fixture(scope="module")
def pods(todo_kube: ApiClient, todo_cluster: TodoCluster) -> list[dict[str, Any]]:
    """The pods of the run's namespace, as the API gives them."""
    api: Any = CoreV1Api(todo_kube)
    answer = api.list_namespaced_pod(todo_cluster.namespace, _preload_content=False, _request_timeout=TIMEOUT_S)
    found: list[dict[str, Any]] = json.loads(answer.data)["items"]
    return found


def test_the_frontend_answers_with_its_page(todo_frontend_url: str) -> None:
    answer = requests.get(f"{todo_frontend_url}/", timeout=TIMEOUT_S)
    assert answer.status_code == 200
    assert "text/html" in answer.headers["content-type"]
    assert "Todo" in answer.text


def test_the_backend_is_healthy_and_reaches_its_database(todo_backend_url: str) -> None:
    assert requests.get(f"{todo_backend_url}/health", timeout=TIMEOUT_S).json()["status"] == "healthy"
    assert requests.get(f"{todo_backend_url}/ready", timeout=TIMEOUT_S).status_code == 200


def test_every_workload_has_its_replicas(pods: list[dict[str, Any]]) -> None:
    apps = [pod["metadata"]["labels"].get("app") for pod in pods if pod["status"]["phase"] == "Running"]
    assert apps.count("todo-backend") == 1
    assert apps.count("todo-frontend") == 2


def test_the_pods_run_the_images_that_were_built(
    pods: list[dict[str, Any]], todo_images: Mapping[str, ImageBuild]
) -> None:
    # A registry's name stands before an image's own where images go through one.
    running = ["/" + container["image"] for pod in pods for container in pod["spec"]["containers"]]
    for image in todo_images.values():
        assert any(name.endswith("/" + image.reference) for name in running), (image.reference, running)


def test_the_release_is_up(todo_deployment: Deploy) -> None:
    assert todo_deployment.revision >= 1
    assert todo_deployment.ready_s is not None


def test_the_api_client_reads_only(todo_kube: ApiClient, todo_cluster: TodoCluster) -> None:
    with pytest.raises(PermissionError):
        CoreV1Api(todo_kube).delete_namespace(todo_cluster.namespace, _request_timeout=TIMEOUT_S)
