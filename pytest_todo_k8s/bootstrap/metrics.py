"""Resource metrics: Minikube's add-on metrics-server, with fresher samples than its default."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_todo_k8s.bootstrap.images import METRICS_SERVER_IMAGE
from pytest_todo_k8s.bootstrap.kubernetes_api import Api
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, broken, missing, present, unknown
from pytest_todo_k8s.errors import SetupError

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.minikube import Minikube
    from pytest_todo_k8s.bootstrap.site import Site

RESOLUTION: Final = "--metric-resolution=15s"
"""How often metrics-server samples; the add-on says 60 s, upstream's own manifest 15 s."""
RESTARTED: Final = "kubectl.kubernetes.io/restartedAt"
DEPLOYMENT: Final = "/apis/apps/v1/namespaces/kube-system/deployments/metrics-server"
API_SERVICES: Final = "/apis/apiregistration.k8s.io/v1/apiservices"
COREDNS: Final = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"
NODES: Final = "/apis/metrics.k8s.io/v1beta1/nodes"
ADDON_TIMEOUT_S: Final = 300.0
ANSWER_TIMEOUT_S: Final = 240.0
POLL_S: Final = 1.0


@dataclass(frozen=True)
class MetricsStep:
    """Enables the add-on and waits until every aggregated API answers, and names are resolved.

    Deleting a namespace takes minutes while one of those APIs does not answer.
    """

    site: Site
    minikube: Minikube
    name: ClassVar[str] = "metrics"
    title: ClassVar[str] = "enable metrics-server and wait until metrics.k8s.io answers"
    cost: ClassVar[Cost] = Cost(seconds=45, engine_mb=100)
    remedy: ClassVar[str] = "look into its log and at `kubectl --namespace kube-system logs deployment/metrics-server`"

    def state(self) -> State:
        """Ask the API server."""
        api = self._api()
        if api is None or api.ready():
            return unknown("the cluster, when it runs, knows")
        deployment = api.get(DEPLOYMENT)
        if deployment is None:
            return missing("metrics-server is not enabled")
        if RESOLUTION not in _arguments(deployment):
            return broken(f"metrics-server runs without {RESOLUTION}")
        problem = unavailable(api)
        return broken(problem) if problem else present("metrics.k8s.io and all other aggregated APIs answer")

    def run(self, progress: Progress) -> None:
        """Enable, set the resolution, wait."""
        api = self._api()
        if api is None:
            raise SetupError(self.name, "there is no kubectl to reach the cluster with", "run `todo-k8s setup` again")
        if api.get(DEPLOYMENT) is None:
            self._enable(progress)
        self._set_resolution(api, progress)
        progress.say("waiting until every aggregated API answers")
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while problem := unavailable(api):
            if time.monotonic() > deadline:
                raise SetupError(self.name, f"{problem} after {ANSWER_TIMEOUT_S:.0f} s", self.remedy, progress.log_file)
            time.sleep(POLL_S)

    def _api(self) -> Api | None:
        kubectl = self.minikube.kubectl()
        return Api(self.site, kubectl) if kubectl and self.site.kubeconfig.exists() else None

    def _enable(self, progress: Progress) -> None:
        words = ["addons", "enable", "metrics-server"]
        if self.minikube.built:
            load = ("image", "load", "--daemon", METRICS_SERVER_IMAGE)
            self.minikube.run(load, progress, timeout_s=ADDON_TIMEOUT_S)
            registry, _, name = METRICS_SERVER_IMAGE.partition("/")
            words += [f"--images=MetricsServer={name}", f"--registries=MetricsServer={registry}"]
        self.minikube.run(words, progress, timeout_s=ADDON_TIMEOUT_S)

    def _set_resolution(self, api: Api, progress: Progress) -> None:
        deployment = api.get(DEPLOYMENT) or {}
        arguments = _arguments(deployment)
        if RESOLUTION in arguments:
            return
        option = RESOLUTION.partition("=")[0]
        position = next((place for place, word in enumerate(arguments) if word.startswith(option)), None)
        change: dict[str, Any] = {"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": RESOLUTION}
        if position is not None:
            change |= {"op": "replace", "path": f"/spec/template/spec/containers/0/args/{position}"}
        # A new pod in any case, as `kubectl rollout restart` makes it: one that came up with the node before the API
        # server has failed, and waits for its next try, longer after each.
        annotations = deployment.get("spec", {}).get("template", {}).get("metadata", {}).get("annotations") or {}
        restarted = {**annotations, RESTARTED: dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}
        anew = {"op": "add", "path": "/spec/template/metadata/annotations", "value": restarted}
        api.patch("kube-system", "deployment/metrics-server", [change, anew], progress)


def unavailable(api: Api) -> str:
    """Return what of the cluster's own services does not answer, or has nothing to say; empty when all is well."""
    services = api.get(API_SERVICES)
    if services is None:
        return "the API server does not list its aggregated APIs"
    silent = [item["metadata"]["name"] for item in services.get("items", []) if not _available(item)]
    if silent:
        return f"{', '.join(silent)} does not answer"
    metrics = api.get(NODES)
    if not metrics or not metrics.get("items"):
        return "metrics.k8s.io has no sample of the node yet"
    names = api.get(COREDNS)
    return "CoreDNS is not ready" if names and not names.get("status", {}).get("readyReplicas") else ""


def _available(service: dict[str, Any]) -> bool:
    conditions = (service.get("status") or {}).get("conditions") or []
    return any(each["type"] == "Available" and each["status"] == "True" for each in conditions)


def _arguments(deployment: dict[str, Any]) -> list[str]:
    try:
        return list(deployment["spec"]["template"]["spec"]["containers"][0].get("args") or [])
    except (KeyError, IndexError):
        return []
