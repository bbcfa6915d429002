"""The health analyser against the API of a namespace that is well, and of one that is not."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.analysis.health import as_text, examine
from pytest_todo_k8s.cluster.kube import Kube, KubeError
from pytest_todo_k8s.tools.redaction import Redactor, Secret
from tests.unit.cluster.api_server import ApiServer, api_server, kubeconfig, listed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.analysis.results import HealthReport

CORE, APPS = "/api/v1/namespaces/ns", "/apis/apps/v1/namespaces/ns"
POD: dict[str, Any] = {
    "metadata": {"name": "todo-backend-6c9f7b4f5d-4kq2x", "uid": "1", "labels": {"app": "todo-backend"}},
    "spec": {"containers": [{"name": "backend"}]},
    "status": {
        "phase": "Running",
        "startTime": "2026-01-01T00:00:00Z",
        "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:07Z"}],
        "containerStatuses": [{"name": "backend", "restartCount": 0, "state": {"running": {}}}],
    },
}
DEPLOYMENT = {
    "metadata": {"name": "todo-backend", "generation": 1},
    "spec": {"replicas": 1},
    "status": {"readyReplicas": 1, "observedGeneration": 1},
}
SERVICE = {"metadata": {"name": "todo-backend-service"}, "spec": {"selector": {"app": "todo-backend"}}}
SLICE = {
    "metadata": {"name": "s", "labels": {"kubernetes.io/service-name": "todo-backend-service"}},
    "endpoints": [{"conditions": {"ready": True}}],
}


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with api_server() as server:
        server.on(f"GET {CORE}", {"metadata": {"name": "ns"}})
        server.on(f"GET {CORE}/pods", listed(POD))
        server.on(f"GET {CORE}/pods/{POD['metadata']['name']}/log", b"all is well\n")
        server.on(f"GET {CORE}/events", listed())
        server.on(f"GET {CORE}/services", listed(SERVICE))
        server.on(f"GET {APPS}/deployments", listed(DEPLOYMENT))
        server.on(f"GET {APPS}/statefulsets", listed())
        server.on("GET /apis/batch/v1/namespaces/ns/jobs", listed())
        server.on("GET /apis/discovery.k8s.io/v1/namespaces/ns/endpointslices", listed(SLICE))
        yield server


def report(api: ApiServer, tmp_path: Path, redactor: Redactor | None = None) -> HealthReport:
    kube = Kube(kubeconfig(tmp_path, api.url), "test")
    found = examine(kube, "ns", tmp_path / "logs", redactor or Redactor())
    assert api.writes == []
    return found


def broken(**status: Any) -> dict[str, Any]:
    pod: dict[str, Any] = copy.deepcopy(POD)
    pod["status"]["conditions"][0]["status"] = "False"
    pod["status"]["containerStatuses"][0] |= status
    return pod


def test_a_namespace_that_is_well(api: ApiServer, tmp_path: Path) -> None:
    found = report(api, tmp_path)
    assert (found.healthy, found.findings, found.idle_services, found.log_lines) == (True, [], [], 1)
    assert found.pods[0].start_to_ready_s == 7
    assert "ns: healthy (builtin," in as_text(found)


def test_a_missing_key_is_named(api: ApiServer, tmp_path: Path) -> None:
    waiting = {"reason": "CreateContainerConfigError", "message": "couldn't find key NO in Secret ns/todo-app-secrets"}
    api.on(f"GET {CORE}/pods", listed(broken(state={"waiting": waiting})))
    api.on(f"GET {APPS}/deployments", listed(DEPLOYMENT | {"status": {}}))
    found = report(api, tmp_path)
    assert not found.healthy
    assert [each.reason for each in found.findings] == ["CreateContainerConfigError"]
    assert "couldn't find key NO" in found.findings[0].cause
    assert "NOT healthy" in as_text(found)


def test_a_service_without_endpoints_where_no_pod_is_in_trouble(api: ApiServer, tmp_path: Path) -> None:
    api.on("GET /apis/discovery.k8s.io/v1/namespaces/ns/endpointslices", listed())
    assert [each.reason for each in report(api, tmp_path).findings] == ["NoEndpoints"]


def test_bad_lines_are_findings_and_secrets_are_not_shown(api: ApiServer, tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.add(Secret("s3cret-value"))
    api.on(f"GET {CORE}/pods/{POD['metadata']['name']}/log", b"ERROR: no way in with s3cret-value\n")
    found = report(api, tmp_path, redactor)
    assert [each.reason for each in found.findings] == ["LogErrors"]
    assert "s3cret" not in found.model_dump_json()


def test_a_namespace_that_is_not_there(api: ApiServer, tmp_path: Path) -> None:
    api.answers.pop(f"GET {CORE}")
    with pytest.raises(KubeError, match="not found"):
        report(api, tmp_path)
