"""Names, ports, variables and probes are those the images and the services agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chart.rules import Manifest, Pod, of_kind, pods, selects

if TYPE_CHECKING:
    from tests.chart.conftest import Renderer

OBJECTS = {
    "Deployment/todo-backend",
    "Deployment/todo-frontend",
    "Job/todo-migrate-1",
    "NetworkPolicy/todo-backend",
    "NetworkPolicy/todo-frontend",
    "NetworkPolicy/todo-migrate",
    "NetworkPolicy/todo-test",
    "Pod/todo-test",
    "PodDisruptionBudget/todo-frontend",
    "Service/todo-backend-service",
    "Service/todo-frontend-service",
    "ServiceAccount/todo-backend",
    "ServiceAccount/todo-frontend",
    "ServiceAccount/todo-migrate",
    "ServiceAccount/todo-test",
}
POSTGRES = {
    "NetworkPolicy/todo-postgres",
    "PersistentVolumeClaim/todo-postgres",
    "Service/todo-postgres-service",
    "ServiceAccount/todo-postgres",
    "StatefulSet/todo-postgres",
}
EMULATOR = {f"{kind}/todo-gemini-emulator" for kind in ("Deployment", "NetworkPolicy", "ServiceAccount")} | {
    "Service/todo-gemini-emulator-service"
}
SECRET_KEYS = {
    "backend": {"DATABASE_URL", "JWT_SECRET", "GEMINI_API_KEY"},
    "frontend": {"BETTER_AUTH_SECRET"},
    "migrate": {"DATABASE_URL"},
    "test": {"DATABASE_URL"},
    "postgres": {"POSTGRES_PASSWORD"},
    "gemini-emulator": {"GEMINI_API_KEY"},
}


def _titles(manifests: list[Manifest]) -> set[str]:
    return {f"{manifest['kind']}/{manifest['metadata']['name']}" for manifest in manifests}


def _pod(manifests: list[Manifest], part: str) -> Pod:
    (pod,) = [pod for pod in pods(manifests) if pod.labels["app.kubernetes.io/component"] == part]
    return pod


def _plain(pod: Pod) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in pod.containers[0]["env"] if "value" in variable}


def _policy(manifests: list[Manifest], part: str) -> Manifest:
    (policy,) = [m for m in of_kind(manifests, "NetworkPolicy") if m["metadata"]["name"] == f"todo-{part}"]
    spec: Manifest = policy["spec"]
    return spec


def test_objects_of_development(development: list[Manifest]) -> None:
    assert _titles(development) == OBJECTS | POSTGRES | EMULATOR


def test_objects_of_production(production: list[Manifest]) -> None:
    assert _titles(production) == OBJECTS


@pytest.mark.parametrize(
    ("part", "port", "name"),
    [
        ("backend", 8080, "http"),
        ("frontend", 3000, "http"),
        ("postgres", 5432, "postgres"),
        ("gemini-emulator", 8090, "http"),
    ],
)
def test_a_container_listens_where_its_service_leads(
    development: list[Manifest], part: str, port: int, name: str
) -> None:
    (container,) = _pod(development, part).containers
    assert container["name"] == part
    assert container["ports"] == [{"name": name, "containerPort": port}]


@pytest.mark.parametrize("part", ["backend", "frontend", "gemini-emulator"])
def test_the_server_is_told_the_port_of_its_container(development: list[Manifest], part: str) -> None:
    pod = _pod(development, part)
    assert _plain(pod)["PORT"] == str(pod.containers[0]["ports"][0]["containerPort"])


def test_services(development: list[Manifest]) -> None:
    found = {
        service["metadata"]["name"]: (service["spec"]["type"], service["spec"]["ports"][0]["port"])
        for service in of_kind(development, "Service")
    }
    assert found == {
        "todo-backend-service": ("ClusterIP", 8080),
        "todo-frontend-service": ("NodePort", 80),
        "todo-postgres-service": ("ClusterIP", 5432),
        "todo-gemini-emulator-service": ("ClusterIP", 8090),
    }


def test_the_node_port_is_the_clusters_choice_unless_given(development: list[Manifest]) -> None:
    (service,) = [m for m in of_kind(development, "Service") if m["spec"]["type"] == "NodePort"]
    assert "nodePort" not in service["spec"]["ports"][0]


def test_resources_of_the_application(development: list[Manifest]) -> None:
    for part in ("backend", "frontend"):
        resources = _pod(development, part).containers[0]["resources"]
        assert {key: resources["requests"][key] for key in ("cpu", "memory")} == {"cpu": "100m", "memory": "128Mi"}
        assert {key: resources["limits"][key] for key in ("cpu", "memory")} == {"cpu": "500m", "memory": "512Mi"}


def test_replicas(development: list[Manifest]) -> None:
    replicas = {m["metadata"]["name"]: m["spec"]["replicas"] for m in of_kind(development, "Deployment", "StatefulSet")}
    assert replicas == {"todo-backend": 1, "todo-frontend": 2, "todo-postgres": 1, "todo-gemini-emulator": 1}


def test_probes_ask_the_process_for_life_and_its_dependencies_for_readiness(development: list[Manifest]) -> None:
    paths = {
        part: {
            name: _pod(development, part).containers[0][f"{name}Probe"]["httpGet"]["path"]
            for name in ("startup", "readiness", "liveness")
        }
        for part in ("backend", "frontend")
    }
    assert paths["backend"] == {"startup": "/health", "readiness": "/ready", "liveness": "/health"}
    assert set(paths["frontend"].values()) == {"/api/health"}


def test_each_pod_gets_its_own_keys_and_no_other(development: list[Manifest]) -> None:
    found = {}
    for part in SECRET_KEYS:
        pod = _pod(development, part)
        keys = {
            variable["valueFrom"]["secretKeyRef"]["key"]
            for variable in pod.containers[0].get("env", [])
            if "valueFrom" in variable
        }
        for volume in pod.spec["volumes"]:
            keys |= {item["key"] for item in volume.get("secret", {}).get("items", [])}
        found[part] = keys
    assert found == SECRET_KEYS


def test_the_frontend_finds_the_backend_by_its_service(development: list[Manifest]) -> None:
    variables = _plain(_pod(development, "frontend"))
    assert variables["BACKEND_URL"] == "http://todo-backend-service:8080"
    assert variables["HOSTNAME"] == "0.0.0.0"


def test_cookies_are_for_https_alone_but_in_development(chart: Renderer) -> None:
    found = [_plain(_pod(chart.render(*files), "frontend"))["COOKIE_SECURE"] for files in ([], ["values-dev.yaml"])]
    assert found == ["true", "false"]


def test_the_migration_runs_the_backends_image(development: list[Manifest]) -> None:
    migrate, backend = (_pod(development, part).containers[0] for part in ("migrate", "backend"))
    assert migrate["image"] == backend["image"]
    assert migrate["command"] == ["python3", "-m", "app.migrate"]


def test_the_only_hook_is_the_pod_of_helm_test_which_goes_when_it_is_done(development: list[Manifest]) -> None:
    (hook,) = [m for m in development if "helm.sh/hook" in m["metadata"].get("annotations", {})]
    assert (hook["kind"], hook["metadata"]["name"]) == ("Pod", "todo-test")
    assert hook["metadata"]["annotations"] == {
        "helm.sh/hook": "test",
        "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
    }


def test_helm_test_uses_the_backends_image_and_the_frontends_service(development: list[Manifest]) -> None:
    pod = _pod(development, "test")
    assert pod.containers[0]["image"] == _pod(development, "backend").containers[0]["image"]
    assert pod.containers[0]["command"] == ["python3", "-c"]
    compile(pod.containers[0]["args"][0], "user-flow.py", "exec")
    assert _plain(pod)["FRONTEND_URL"] == "http://todo-frontend-service:80"
    assert pod.spec["restartPolicy"] == "Never"


def test_the_network_lets_helm_test_in(development: list[Manifest]) -> None:
    labels = _pod(development, "test").labels
    egress = [each for rule in _policy(development, "test")["egress"] for each in rule.get("to", [])]
    reached = [
        part
        for part in ("frontend", "backend", "postgres")
        if any(selects(each["podSelector"]["matchLabels"], _pod(development, part).labels) for each in egress)
    ]
    assert reached == ["frontend", "postgres"]
    (postgres,) = _policy(development, "postgres")["ingress"]
    assert any(selects(source["podSelector"]["matchLabels"], labels) for source in postgres["from"])
    assert "from" not in _policy(development, "frontend")["ingress"][0]


def test_only_the_frontend_and_probes_reach_the_backend(development: list[Manifest]) -> None:
    (rule,) = _policy(development, "backend")["ingress"]
    labels = [source["podSelector"]["matchLabels"] for source in rule["from"]]
    assert [selects(selector, _pod(development, "frontend").labels) for selector in labels] == [True, False]
    assert labels[1] == {"app": "todo-probe"}


def test_only_backend_migration_and_helm_test_reach_postgres(development: list[Manifest]) -> None:
    (rule,) = _policy(development, "postgres")["ingress"]
    selectors = [source["podSelector"]["matchLabels"] for source in rule["from"]]
    reached = {
        part: any(selects(selector, _pod(development, part).labels) for selector in selectors) for part in SECRET_KEYS
    }
    assert {part for part, allowed in reached.items() if allowed} == {"backend", "migrate", "test"}


def test_postgres_calls_nobody(development: list[Manifest]) -> None:
    assert "egress" not in _policy(development, "postgres")


def test_in_development_the_backend_calls_the_emulator_and_nothing_outside(development: list[Manifest]) -> None:
    assert _plain(_pod(development, "backend"))["GEMINI_BASE_URL"] == "http://todo-gemini-emulator-service:8090"
    _, to_database, to_model = _policy(development, "backend")["egress"]
    found = [
        {part for part in SECRET_KEYS if selects(target["podSelector"]["matchLabels"], _pod(development, part).labels)}
        for rule in (to_database, to_model)
        for target in rule["to"]
    ]
    assert found == [{"postgres"}, {"gemini-emulator"}]
    assert to_model["ports"] == [{"port": "http"}]


def test_in_production_the_backend_calls_the_real_model(production: list[Manifest]) -> None:
    assert not {name for name in _plain(_pod(production, "backend")) if "GEMINI" in name}
    assert {"ports": [{"port": 443}]} in _policy(production, "backend")["egress"]


def test_only_the_backend_reaches_the_emulator_which_calls_nobody(development: list[Manifest]) -> None:
    policy = _policy(development, "gemini-emulator")
    assert "egress" not in policy
    (rule,) = policy["ingress"]
    (source,) = rule["from"]
    selector = source["podSelector"]["matchLabels"]
    assert [part for part in SECRET_KEYS if selects(selector, _pod(development, part).labels)] == ["backend"]


def test_the_emulator_takes_the_backends_key_alone(development: list[Manifest]) -> None:
    keys = {
        part: next(
            variable["valueFrom"]["secretKeyRef"]
            for variable in _pod(development, part).containers[0]["env"]
            if variable["name"] == name
        )
        for part, name in (("backend", "GEMINI_API_KEY"), ("gemini-emulator", "EXPECTED_API_KEY"))
    }
    assert keys["backend"] == keys["gemini-emulator"]


def test_a_pod_disruption_budget_only_where_there_are_replicas(chart: Renderer) -> None:
    values = {"backend": {"replicas": 2}, "frontend": {"replicas": 1}}
    budgets = of_kind(chart.render(values=values), "PodDisruptionBudget")
    assert [budget["metadata"]["name"] for budget in budgets] == ["todo-backend"]
