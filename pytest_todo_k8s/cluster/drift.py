"""Finds what somebody changed by hand: live objects that no longer are what their release says.

The API server itself compares: a dry run of laying the release's manifest over the live object must change nothing.
Defaults, the spelling of quantities and fields that controllers fill in are so no differences.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.objects import title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.cluster.objects import Kinds

_NOT_COMPARED: Final = frozenset({"status", "apiVersion", "kind"})
_METADATA: Final = ("labels", "annotations")
_SHOWN: Final = 80
_ABSENT: Final = "absent"


def drift(kube: Kube, kinds: Kinds, namespace: str, released: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what of a release is gone or changed, one sentence each.

    Raises:
        KubeError: The API can't be asked.
    """
    return [said for manifest in released for said in _object(kube, kinds, namespace, manifest)]


def _object(kube: Kube, kinds: Kinds, namespace: str, manifest: Mapping[str, Any]) -> Iterator[str]:
    name = title(manifest)
    path = f"{kinds.collection(manifest, namespace)}/{manifest['metadata']['name']}"
    try:
        live = kube.get(path)
    except KubeError as error:
        if not error.missing:
            raise
        if not _goes_by_itself(manifest):
            yield f"{name} of the release is not there"
        return
    try:
        wanted = kube.merged(path, manifest)
    except KubeError as error:
        if not error.status:
            raise
        yield f"{name} can't be what the release says any more: {error.message}"
        return
    for where, now, then in _unlike("", _compared(live), _compared(wanted)):
        yield f"{name}: {where.lstrip('.')} is {_shown(now)}, the release says {_shown(then)}"


def _goes_by_itself(manifest: Mapping[str, Any]) -> bool:
    """Whether the cluster removes the object when it is done."""
    return manifest["kind"] == "Job" and "ttlSecondsAfterFinished" in (manifest.get("spec") or {})


def _compared(item: Mapping[str, Any]) -> dict[str, Any]:
    metadata = item.get("metadata") or {}
    return {key: value for key, value in item.items() if key not in {*_NOT_COMPARED, "metadata"}} | {
        "metadata": {key: metadata.get(key) or {} for key in _METADATA}
    }


def _unlike(where: str, now: Any, then: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the innermost places where two values differ."""
    if isinstance(now, dict) and isinstance(then, dict):
        for key in dict.fromkeys([*now, *then]):
            yield from _unlike(f"{where}.{key}", now.get(key, _ABSENT), then.get(key, _ABSENT))
    elif isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        for place, (left, right) in enumerate(zip(now, then, strict=True)):
            yield from _unlike(f"{where}[{place}]", left, right)
    elif now != then:
        yield where, now, then


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
