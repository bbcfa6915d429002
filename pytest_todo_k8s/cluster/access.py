"""The rights that a run needs in a cluster, which of them are missing, and the roles that give them.

A run needs few rights outside its namespace: to make and delete namespaces, to look at nodes, volumes and services,
and to bind one role to itself in the namespace that it made. `roles` is what an administrator applies; what is asked
for and what is granted can't differ: both come from the rules here (Kubernetes documentation, "Using RBAC
Authorization").
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.ownership import MANAGED_BY, MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_todo_k8s.cluster.kube import Kube, KubeError
    from pytest_todo_k8s.cluster.provider import Cluster

RUNNER_ROLE: Final = "todo-k8s-runner"
"""ClusterRole for the whole cluster."""
NAMESPACE_ROLE: Final = "todo-k8s-namespace"
"""ClusterRole that a run binds to itself in its own namespace."""
BINDING: Final = "todo-k8s-run"
GRANT_S: Final = 15.0
"""Seconds that a new binding gets until every API server has seen it."""
_POLL_S: Final = 0.2
_RBAC: Final = "rbac.authorization.k8s.io"
_REVIEWS: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_WRITE: Final = ("create", "update", "patch", "delete")
_HINT: Final = "let an administrator apply the roles that `todo-k8s role` prints, and bind them to this user"
Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """Verbs on resources of one API group, as RBAC has them; `name` restricts it to one object."""

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    name: str = ""


_OWN_ROLE: Final = (
    Rule(_RBAC, ("rolebindings",), ("create",)),
    Rule(_RBAC, ("clusterroles",), ("bind",), NAMESPACE_ROLE),
)
CLUSTER_RULES: Final = (
    Rule("", ("namespaces",), ("create", "delete", "get", "list")),
    Rule("", ("nodes", "persistentvolumes", "services"), ("list",)),
)
"""What is needed outside the run's namespace; to bind the role below comes on top."""
NAMESPACE_RULES: Final = (
    Rule("*", ("*",), ("get", "list", "watch")),
    Rule(
        "",
        ("configmaps", "persistentvolumeclaims", "pods", "secrets", "serviceaccounts", "services"),
        _WRITE,
    ),
    Rule("", ("limitranges", "pods/portforward", "resourcequotas"), ("create",)),
    Rule("apps", ("deployments", "statefulsets"), _WRITE),
    Rule("batch", ("jobs",), _WRITE),
    Rule("networking.k8s.io", ("networkpolicies",), _WRITE),
    Rule("policy", ("poddisruptionbudgets",), _WRITE),
)
"""What is needed inside: to read everything, and to make what the chart and the gate make."""
EXEC_RULE: Final = Rule("", ("pods/exec",), ("create",))
"""What is needed inside on top where the nodes are out of reach: to read the containers' use from within (SC-008)."""


def inside(cluster: Cluster) -> tuple[Rule, ...]:
    """Return what a run on a cluster needs in its namespace."""
    return NAMESPACE_RULES if cluster.reaches_nodes else (*NAMESPACE_RULES, EXEC_RULE)


def check(kube: Kube, namespace: str, rules: Sequence[Rule]) -> None:
    """Check, before anything is written, that the run may do what it will have to do.

    Args:
        kube: The API.
        namespace: The run's.
        rules: What it needs in there.

    Raises:
        PhaseError: It may not; every missing right is named.
        KubeError: The API does not answer.
    """
    if _allowed(kube, Rule("*", ("*",), ("*",)), "*", "*"):
        return
    lacking = list(_missing(kube, CLUSTER_RULES))
    lacking_inside = list(_missing(kube, rules, namespace))
    if lacking_inside:
        grant = list(_missing(kube, _OWN_ROLE, namespace))
        lacking += [*grant, *lacking_inside] if grant else []
    if lacking:
        raise _refusal("preflight", lacking)


def grant(kube: Kube, namespace: str, rules: Sequence[Rule]) -> None:
    """Give the run its rights in the namespace that it just made, where it does not have them anyway.

    Args:
        kube: The API.
        namespace: The run's.
        rules: What it needs in there.

    Raises:
        PhaseError: It did not get them.
        KubeError: The role can't be bound.
    """
    if not list(_missing(kube, rules, namespace)):
        return
    kube.create(f"/apis/{_RBAC}/v1/namespaces/{namespace}/rolebindings", _binding(namespace, _myself(kube)))
    deadline_s = time.monotonic() + GRANT_S
    while lacking := list(_missing(kube, rules, namespace)):
        if time.monotonic() >= deadline_s:
            raise _refusal("deploy", lacking)
        time.sleep(_POLL_S)


def roles(subject: Manifest | None = None) -> list[Manifest]:
    """Return the manifests of the two ClusterRoles and, where a subject is given, of its binding to the first."""
    found = [
        _role(RUNNER_ROLE, (*CLUSTER_RULES, *_OWN_ROLE)),
        _role(NAMESPACE_ROLE, (*NAMESPACE_RULES, EXEC_RULE)),
    ]
    if subject:
        found.append(
            {
                "apiVersion": f"{_RBAC}/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": RUNNER_ROLE},
                "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": RUNNER_ROLE},
                "subjects": [subject],
            }
        )
    return found


def subject(user: str) -> Manifest:
    """Return a user as RBAC names it; `system:serviceaccount:NAMESPACE:NAME` is a service account."""
    match user.split(":"):
        case ["system", "serviceaccount", namespace, name]:
            return {"kind": "ServiceAccount", "namespace": namespace, "name": name}
        case _:
            return {"apiGroup": _RBAC, "kind": "User", "name": user}


def refused(error: KubeError) -> PhaseError:
    """Put the refusal of one request into the form of a missing right."""
    return PhaseError("preflight", error.message, _HINT)


def _missing(kube: Kube, rules: Iterable[Rule], namespace: str = "") -> Iterator[str]:
    """Yield each right that the user does not have, such as `create pods/portforward in todo-app-dev`."""
    for rule in rules:
        for resource in rule.resources:
            for verb in rule.verbs:
                if not _allowed(kube, rule, resource, verb, namespace):
                    kind = "everything" if resource == "*" else resource
                    what = f"{kind} {rule.name}" if rule.name else kind
                    yield f"{verb} {what}{f' in {namespace}' if namespace else ''}"


def _allowed(kube: Kube, rule: Rule, resource: str, verb: str, namespace: str = "") -> bool:
    kind, _, part = resource.partition("/")
    asked = {"group": rule.group, "resource": kind, "subresource": part, "verb": verb, "namespace": namespace}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": asked | {"name": rule.name}},
    }
    return bool((kube.create(_REVIEWS, body).get("status") or {}).get("allowed"))


def _refusal(phase: str, lacking: list[str]) -> PhaseError:
    return PhaseError(phase, f"this user cannot {', cannot '.join(lacking)}", _HINT)


def _myself(kube: Kube) -> Manifest:
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = kube.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", body)
    return subject(str(answer["status"]["userInfo"]["username"]))


def _binding(namespace: str, who: Manifest) -> Manifest:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": BINDING, "namespace": namespace, "labels": {MANAGED_BY: MANAGER}},
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": NAMESPACE_ROLE},
        "subjects": [who],
    }


def _role(name: str, rules: Iterable[Rule]) -> Manifest:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {"name": name, "labels": {MANAGED_BY: MANAGER}},
        "rules": [
            {
                "apiGroups": [rule.group],
                "resources": list(rule.resources),
                "verbs": list(rule.verbs),
                **({"resourceNames": [rule.name]} if rule.name else {}),
            }
            for rule in rules
        ],
    }
