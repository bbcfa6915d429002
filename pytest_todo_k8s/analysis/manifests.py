"""Manifests proposed from the chart, each beside the wording of the task that asks for it.

The wording is data: each of its clauses is looked up in the rendered object. Where the chart deliberately does
something else, the reason stands here; any other difference speaks for itself.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from pytest_todo_k8s.analysis.results import ManifestAnalysis, RuleResult
from pytest_todo_k8s.cluster.objects import title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wording:
    """What one task asks for.

    Attributes:
        task: Its number in the task list.
        object: `Kind/name` of what it asks for.
        text: Its words; also what an assistant is asked.
        accepted: Reasons for clauses that the chart deliberately keeps in another way, by a word of the clause.
    """

    task: str
    object: str
    text: str
    accepted: Mapping[str, str]


_TAG: Final = "one tag for one content: with `latest` a node may go on running an older image"
WORDINGS: Final = (
    Wording(
        "T041",
        "Deployment/todo-backend",
        "create deployment named todo-backend with image todo-backend:latest, 1 replica, container port 8080, "
        "environment variables from secret todo-app-secrets, resource requests 100m CPU and 128Mi memory, "
        "resource limits 500m CPU and 512Mi memory, readiness probe HTTP GET /health on port 8080, "
        "liveness probe HTTP GET /health on port 8080, imagePullPolicy Never",
        {
            "with image": _TAG,
            "readiness probe": "/ready asks the database too, so that a pod that can't serve gets no requests",
        },
    ),
    Wording(
        "T044",
        "Service/todo-backend-service",
        "create ClusterIP service named todo-backend-service for deployment todo-backend exposing port 8080 "
        "targeting container port 8080",
        {},
    ),
    Wording(
        "T051",
        "Deployment/todo-frontend",
        "create deployment named todo-frontend with image todo-frontend:latest, 2 replicas, container port 3000, "
        "environment variable NEXT_PUBLIC_API_URL=http://todo-backend-service:8080, "
        "resource requests 100m CPU and 128Mi memory, resource limits 500m CPU and 512Mi memory, "
        "readiness probe HTTP GET / on port 3000, liveness probe HTTP GET / on port 3000, imagePullPolicy Never",
        {
            "with image": _TAG,
            "environment variable": "a NEXT_PUBLIC_ variable is fixed when the image is built: "
            "the server reads BACKEND_URL when it starts",
            "readiness probe": "/api/health answers without rendering a page",
            "liveness probe": "/api/health answers without rendering a page",
        },
    ),
    Wording(
        "T054",
        "Service/todo-frontend-service",
        "create NodePort service named todo-frontend-service for deployment todo-frontend exposing port 80 "
        "targeting container port 3000",
        {},
    ),
)


@dataclass(frozen=True, slots=True)
class Proposed:
    """One object of the rendered chart: its YAML, and how it compares with the wording."""

    wording: Wording
    manifest: Manifest | None
    text: str
    rules: list[RuleResult]

    def analysis(self) -> ManifestAnalysis:
        """Return what goes into evidence."""
        return ManifestAnalysis(
            task=self.wording.task,
            object=self.wording.object,
            wording=self.wording.text,
            rules=self.rules,
            sha256=hashlib.sha256(self.text.encode()).hexdigest() if self.text else "",
        )


def propose(manifests: Iterable[Manifest]) -> list[Proposed]:
    """Take the object of each wording out of the rendered chart and compare the two."""
    rendered = {title(manifest): manifest for manifest in manifests}
    return [_propose(wording, rendered) for wording in WORDINGS]


def compare(wording: Wording, manifest: Manifest, rendered: Mapping[str, Manifest]) -> list[RuleResult]:
    """Look up each clause of a wording in an object.

    Args:
        wording: What was asked for.
        manifest: The object.
        rendered: All objects by `Kind/name`: a Service's target may be the name of a container's port.
    """
    return [_clause(clause, wording, manifest, rendered) for clause in wording.text.split(", ")]


def _propose(wording: Wording, rendered: Mapping[str, Manifest]) -> Proposed:
    manifest = rendered.get(wording.object)
    if manifest is None:
        missing = RuleResult(rule=wording.text, ok=False, detail=f"the chart renders no {wording.object}")
        return Proposed(wording, None, "", [missing])
    text = yaml.safe_dump(dict(manifest), sort_keys=False)
    return Proposed(wording, manifest, text, compare(wording, manifest, rendered))


def _clause(clause: str, wording: Wording, manifest: Manifest, rendered: Mapping[str, Manifest]) -> RuleResult:
    for pattern, look in _CLAUSES.items():
        if match := re.fullmatch(pattern, clause):
            wanted, found = look(match, manifest, rendered)
            reason = next((why for word, why in wording.accepted.items() if word in clause), "")
            differs = wanted != found
            detail = f"it is {_shown(found)}" if differs else ""
            return RuleResult(rule=clause, ok=not differs, detail=detail, accepted=reason if differs else "")
    return RuleResult(rule=clause, ok=None, detail="nobody knows how to look this up")


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _container(manifest: Manifest) -> Mapping[str, Any]:
    containers = manifest["spec"]["template"]["spec"].get("containers") or [{}]
    return dict(containers[0])


def _deployment(match: re.Match[str], manifest: Manifest, _: object) -> tuple[object, object]:
    found = (manifest["metadata"]["name"], _container(manifest).get("image"))
    return (match["name"], match["image"]), found


def _replicas(match: re.Match[str], manifest: Manifest, _: object) -> tuple[object, object]:
    return int(match["count"]), manifest["spec"].get("replicas", 1)


def _port(match: re.Match[str], manifest: Manifest, _: object) -> tuple[object, object]:
    ports = tuple(port["containerPort"] for port in _container(manifest).get("ports") or [])
    return (int(match["port"]),), ports


def _secret(match: re.Match[str], manifest: Manifest, _: object) -> tuple[object, object]:
    container = _container(manifest)
    named = {each["secretRef"]["name"] for each in container.get("envFrom") or [] if "secretRef" in each}
    for each in container.get("env") or []:
        reference = (each.get("valueFrom") or {}).get("secretKeyRef")
        named |= {reference["name"]} if reference else set()
    return (match["name"],), tuple(sorted(named))


def _variable(match: re.Match[str], manifest: Manifest, _: object) -> tuple[object, object]:
    env = {each["name"]: each.get("value") for each in _container(manifest).get("env") or []}
    same = next((name for name, value in env.items() if value == match["value"]), match["name"])
    return (match["name"], match["value"]), (same, env.get(same))


def _resources(match: re.Match[str], manifest: Manifest, _: object) -> tuple[object, object]:
    given = (_container(manifest).get("resources") or {}).get(match["kind"]) or {}
    return (match["cpu"], match["memory"]), (str(given.get("cpu")), str(given.get("memory")))


def _probe(match: re.Match[str], manifest: Manifest, _: object) -> tuple[object, object]:
    container = _container(manifest)
    get = (container.get(f"{match['kind']}Probe") or {}).get("httpGet") or {}
    return (match["path"], int(match["port"])), (get.get("path"), _number(get.get("port"), container))


def _pull_policy(match: re.Match[str], manifest: Manifest, _: object) -> tuple[object, object]:
    return match["policy"], _container(manifest).get("imagePullPolicy")


def _service(match: re.Match[str], manifest: Manifest, rendered: Mapping[str, Manifest]) -> tuple[object, object]:
    spec = manifest["spec"]
    deployment = rendered.get(f"Deployment/{match['deployment']}")
    labels = deployment["spec"]["template"]["metadata"]["labels"] if deployment else {}
    finds = deployment is not None and (spec.get("selector") or {"": ""}).items() <= labels.items()
    port = (spec.get("ports") or [{}])[0]
    target = _number(port.get("targetPort", port.get("port")), _container(deployment) if deployment else {})
    wanted = (match["type"], match["name"], match["deployment"], int(match["port"]), int(match["target"]))
    found = (
        spec.get("type", "ClusterIP"),
        manifest["metadata"]["name"],
        match["deployment"] if finds else "no deployment's pods",
        port.get("port"),
        target,
    )
    return wanted, found


def _number(port: object, container: Mapping[str, Any]) -> object:
    """Return the number of a port that may be given by name."""
    named = {each.get("name"): each["containerPort"] for each in container.get("ports") or []}
    return named.get(port, port) if isinstance(port, str) else port


_CLAUSES: Final[Mapping[str, Callable[[re.Match[str], Manifest, Mapping[str, Manifest]], tuple[object, object]]]] = {
    r"create deployment named (?P<name>\S+) with image (?P<image>\S+)": _deployment,
    r"(?P<count>\d+) replicas?": _replicas,
    r"container port (?P<port>\d+)": _port,
    r"environment variables from secret (?P<name>\S+)": _secret,
    r"environment variable (?P<name>\w+)=(?P<value>\S+)": _variable,
    r"resource (?P<kind>requests|limits) (?P<cpu>\S+) CPU and (?P<memory>\S+) memory": _resources,
    r"(?P<kind>readiness|liveness) probe HTTP GET (?P<path>\S+) on port (?P<port>\d+)": _probe,
    r"imagePullPolicy (?P<policy>\S+)": _pull_policy,
    r"create (?P<type>\S+) service named (?P<name>\S+) for deployment (?P<deployment>\S+) "
    r"exposing port (?P<port>\d+) targeting container port (?P<target>\d+)": _service,
}
"""How each kind of clause is looked up: what it wants, and what there is."""
