"""Which kinds the API server knows, where their objects lie, and which objects of a namespace somebody else made."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.ownership import MANAGED_BY, MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_todo_k8s.cluster.kube import Kube

_BY_THE_CLUSTER: Final = {
    ("ServiceAccount", "default"),
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "openshift-service-ca.crt"),
}
"""Objects that Kubernetes puts into every namespace."""
_DERIVED: Final = {"Event", "Endpoints", "EndpointSlice", "Lease", "PodMetrics", "ControllerRevision"}
"""Kinds that only tell of other objects."""
_HELM_RELEASE: Final = "helm.sh/release.v1"
"""Type of the Secret in which Helm keeps a release."""


def title(manifest: Mapping[str, Any]) -> str:
    """Name an object as `Kind/name`."""
    return f"{manifest.get('kind')}/{manifest.get('metadata', {}).get('name')}"


class Kinds:
    """The kinds of one API server, by its own discovery."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    def collection(self, manifest: Mapping[str, Any], namespace: str) -> str:
        """Return the API path of the collection that a manifest belongs to.

        Raises:
            KubeError: The server knows no such kind, or does not answer.
        """
        version, kind = str(manifest.get("apiVersion")), str(manifest.get("kind"))
        for resource in self._resources(version):
            if resource["kind"] == kind and "/" not in resource["name"]:
                place = f"/namespaces/{namespace}" if resource["namespaced"] else ""
                return f"{_root(version)}{place}/{resource['name']}"
        raise KubeError(404, "NoSuchKind", f"the API server knows no {kind} in {version}")

    def live(self, namespace: str) -> Iterator[dict[str, Any]]:
        """Yield every object of a namespace, of all kinds that can be listed, with its `kind` filled in.

        Raises:
            KubeError: A kind can't be listed.
        """
        for version in self._versions:
            for resource in self._resources(version):
                if resource["namespaced"] and "list" in resource["verbs"] and resource["kind"] not in _DERIVED:
                    for item in self._kube.items(f"{_root(version)}/namespaces/{namespace}/{resource['name']}"):
                        yield {**item, "kind": resource["kind"]}

    @cached_property
    def _versions(self) -> list[str]:
        """The core version and each group's preferred one."""
        groups = self._kube.get("/apis").get("groups") or []
        return ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]

    @cached_property
    def _known(self) -> dict[str, list[dict[str, Any]]]:
        return {}

    def _resources(self, version: str) -> list[dict[str, Any]]:
        if version not in self._known:
            try:
                self._known[version] = self._kube.get(_root(version)).get("resources") or []
            except KubeError as error:
                if not error.missing:
                    raise
                self._known[version] = []
        return self._known[version]


def foreign(live: Iterable[Mapping[str, Any]], rendered: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the live objects that come neither from the rendered chart, nor from Kubernetes, nor from the gate.

    Args:
        live: Objects of the namespace.
        rendered: The chart's manifests.

    Returns:
        `Kind/name`, sorted.
    """
    rendered = list(rendered)
    expected = {title(manifest) for manifest in rendered} | set(_claims(rendered))
    return sorted(
        {title(item) for item in live if not _explained(item)} - expected,
    )


def _explained(item: Mapping[str, Any]) -> bool:
    """Whether an object has another maker: its owner, Kubernetes, Helm or the gate."""
    metadata = item["metadata"]
    return (
        any(owner.get("controller") for owner in metadata.get("ownerReferences") or [])
        or (item["kind"], metadata["name"]) in _BY_THE_CLUSTER
        or (item["kind"] == "Secret" and item.get("type") == _HELM_RELEASE)
        or (metadata.get("labels") or {}).get(MANAGED_BY) == MANAGER
    )


def _claims(rendered: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Name the volume claims that StatefulSets make: `template-set-ordinal`."""
    for manifest in rendered:
        if manifest["kind"] == "StatefulSet":
            for template in manifest["spec"].get("volumeClaimTemplates") or []:
                for ordinal in range(int(manifest["spec"].get("replicas", 1))):
                    name = f"{template['metadata']['name']}-{manifest['metadata']['name']}-{ordinal}"
                    yield f"PersistentVolumeClaim/{name}"


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"
