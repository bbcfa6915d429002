"""Rules for rendered manifests beyond the gate's golden rules: roll-over, replicas, network, and what leads where.

A rule is a function from all manifests of a release to one sentence for each breach. Rules read manifests as plain
data and know nothing of the chart. The identifiers in the docstrings are those of checkov (CKV) for the same matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_todo_k8s.bootstrap.binaries import KUBERNETES_VERSION
from pytest_todo_k8s.cluster.objects import title

Manifest = dict[str, Any]
Rule = Callable[[list[Manifest]], Iterator[str]]

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "Pod")
SCHEMAS = KUBERNETES_VERSION.removeprefix("v").rpartition(".")[0]
"""Version of the published Kubernetes schemas, as kubernetes-validate names it."""
SERVING = ("Deployment", "StatefulSet", "DaemonSet")


@dataclass(frozen=True)
class Pod:
    """The pods of one workload.

    Attributes:
        workload: `Kind/name`.
        labels: Labels of the pods.
        spec: Their specification.
    """

    workload: str
    labels: Mapping[str, str]
    spec: Manifest

    @property
    def containers(self) -> list[Manifest]:
        """All containers, those of the initialisation first."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]


def of_kind(manifests: Iterable[Manifest], *kinds: str) -> list[Manifest]:
    """Return the manifests of some kinds."""
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


def pods(manifests: Iterable[Manifest], *kinds: str) -> list[Pod]:
    """Return the pods of all workloads, or of those of some kinds."""
    found = []
    for manifest in of_kind(manifests, *(kinds or WORKLOADS)):
        template = manifest if manifest["kind"] == "Pod" else manifest["spec"]["template"]
        found.append(Pod(title(manifest), template["metadata"].get("labels", {}), template["spec"]))
    return found


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a selector of plain labels finds something with these labels."""
    return bool(selector) and selector.items() <= labels.items()


def service_account(manifests: list[Manifest]) -> Iterator[str]:
    """Each workload has an account of its own in the release, which hands no token out (CKV_K8S_38, 41)."""
    accounts = {account["metadata"]["name"]: account for account in of_kind(manifests, "ServiceAccount")}
    seen: set[str] = set()
    for pod in pods(manifests):
        name = pod.spec.get("serviceAccountName", "default")
        if name not in accounts or name in seen:
            yield f"{pod.workload} has no service account of its own: {name}"
        elif accounts[name].get("automountServiceAccountToken") is not False:
            yield f"ServiceAccount/{name} hands its token out"
        seen.add(name)


def probes(manifests: list[Manifest]) -> Iterator[str]:
    """Serving containers have the three probes, and liveness differs from readiness (CKV_K8S_8, 9)."""
    for pod in pods(manifests, *SERVING):
        for container in pod.spec["containers"]:
            where = f"{pod.workload} container {container['name']}"
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe not in container:
                    yield f"{where} has no {probe}"
                elif "initialDelaySeconds" in container[probe]:
                    yield f"{where} delays its {probe}: the startup probe does the waiting"
            if container.get("livenessProbe") == container.get("readinessProbe"):
                yield f"{where} has identical liveness and readiness probes"


def secrets(manifests: list[Manifest]) -> Iterator[str]:
    """Pods take single keys of Secrets, never whole ones, and the release makes none."""
    for secret in of_kind(manifests, "Secret"):
        yield f"{title(secret)} is part of the release, and its values with it"
    for pod in pods(manifests):
        for container in pod.containers:
            if "envFrom" in container:
                yield f"{pod.workload} container {container['name']} takes a whole object as its environment"
        for volume in pod.spec.get("volumes", []):
            if "secret" in volume and not volume["secret"].get("items"):
                yield f"{pod.workload} mounts the whole Secret {volume['secret']['secretName']}"


def namespace(manifests: list[Manifest]) -> Iterator[str]:
    """Objects name their namespace, and it is not `default` (CKV_K8S_21)."""
    for manifest in manifests:
        if manifest["metadata"].get("namespace", "default") == "default":
            yield f"{title(manifest)} would go to the namespace default"


def replicas(manifests: list[Manifest]) -> Iterator[str]:
    """Pods with replicas are spread over nodes and have a disruption budget."""
    fewest = {
        title({"kind": "Deployment", "metadata": {"name": scaler["spec"]["scaleTargetRef"]["name"]}}): scaler["spec"][
            "minReplicas"
        ]
        for scaler in of_kind(manifests, "HorizontalPodAutoscaler")
    }
    budgets = [budget["spec"]["selector"]["matchLabels"] for budget in of_kind(manifests, "PodDisruptionBudget")]
    for manifest in of_kind(manifests, *SERVING):
        if manifest["spec"].get("replicas", fewest.get(title(manifest), 1)) < 2:
            continue
        (pod,) = pods([manifest])
        if not any(selects(budget, pod.labels) for budget in budgets):
            yield f"{pod.workload} has replicas and no PodDisruptionBudget"
        if not pod.spec.get("topologySpreadConstraints"):
            yield f"{pod.workload} has replicas that may share a node: give topologySpreadConstraints"


def rollout(manifests: list[Manifest]) -> Iterator[str]:
    """An update takes no pod away before its successor is Ready, and a stopping pod finishes its requests."""
    for manifest in of_kind(manifests, "Deployment"):
        if manifest["spec"].get("strategy", {}).get("rollingUpdate", {}).get("maxUnavailable") != 0:
            yield f"{title(manifest)} may be unavailable in an update: set maxUnavailable to 0"
        (pod,) = pods([manifest])
        for container in pod.spec["containers"]:
            pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            if not 0 < pause < pod.spec.get("terminationGracePeriodSeconds", 30):
                yield f"{pod.workload} container {container['name']} has no preStop sleep within its grace period"


def network(manifests: list[Manifest]) -> Iterator[str]:
    """Each pod has a NetworkPolicy for both directions, and each policy selects a pod (CKV2_K8S_6)."""
    policies = of_kind(manifests, "NetworkPolicy")
    every = pods(manifests)
    for pod in every:
        mine = [
            policy["spec"] for policy in policies if selects(policy["spec"]["podSelector"]["matchLabels"], pod.labels)
        ]
        if not any({"Ingress", "Egress"} <= set(spec["policyTypes"]) for spec in mine):
            yield f"{pod.workload} has no NetworkPolicy for both directions"
    for policy in policies:
        if not any(selects(policy["spec"]["podSelector"]["matchLabels"], pod.labels) for pod in every):
            yield f"{title(policy)} selects no pod"


def services(manifests: list[Manifest]) -> Iterator[str]:
    """Each Service finds the pods of one workload and a port they name."""
    for service in of_kind(manifests, "Service"):
        found = [pod for pod in pods(manifests) if selects(service["spec"]["selector"], pod.labels)]
        if len(found) != 1:
            yield f"{title(service)} selects the pods of {len(found)} workloads"
            continue
        names = {port["name"] for container in found[0].containers for port in container.get("ports", [])}
        for port in service["spec"]["ports"]:
            if port["targetPort"] not in names:
                yield f"{title(service)} leads to port {port['targetPort']}, which {found[0].workload} does not name"


def scaling(manifests: list[Manifest]) -> Iterator[str]:
    """Where an autoscaler chooses the number of pods, the Deployment names none (CKV_K8S has no rule for it)."""
    deployments = {manifest["metadata"]["name"]: manifest for manifest in of_kind(manifests, "Deployment")}
    for scaler in of_kind(manifests, "HorizontalPodAutoscaler"):
        name = scaler["spec"]["scaleTargetRef"]["name"]
        if name not in deployments:
            yield f"{title(scaler)} scales {name}, which is not there"
        elif "replicas" in deployments[name]["spec"]:
            yield f"Deployment/{name} sets the autoscaler's number back with each upgrade"


def ways_in(manifests: list[Manifest]) -> Iterator[str]:
    """An Ingress leads to a Service and a port of the release."""
    ports = {
        (service["metadata"]["name"], port["name"])
        for service in of_kind(manifests, "Service")
        for port in service["spec"]["ports"]
    }
    for ingress in of_kind(manifests, "Ingress"):
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                service = path["backend"]["service"]
                if (service["name"], service["port"]["name"]) not in ports:
                    yield f"{title(ingress)} leads to no Service of the release"


RULES: tuple[Rule, ...] = (
    service_account,
    probes,
    secrets,
    namespace,
    replicas,
    rollout,
    network,
    services,
    scaling,
    ways_in,
)
