"""Reads the logs of pods: every container's, init containers and earlier runs included, and finds bad lines in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_todo_k8s.allowances import Allowances
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.log_levels import Scan
from pytest_todo_k8s.evidence import ContainerLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.tools.redaction import Redactor

LIMIT_BYTES: Final = 2 * 1024 * 1024
"""Bytes read of one log; a start-up writes some kilobytes."""
TIMEOUT_S: Final = 20.0
Kind = Literal["container", "init", "previous"]


@dataclass(frozen=True, slots=True)
class Source:
    """One log: a container of a pod, now or in its run before."""

    pod: str
    container: str
    kind: Kind

    @property
    def file_name(self) -> str:
        """Name of the file it is kept in."""
        return f"{self.pod}.{self.container}{'.previous' if self.kind == 'previous' else ''}.log"


def sources(pods: Iterable[Mapping[str, Any]]) -> Iterator[Source]:
    """Yield the logs that pods (raw JSON) have: of containers that started, and of their runs before."""
    for pod in pods:
        name, status = pod["metadata"]["name"], pod.get("status") or {}
        for field, kind in (("initContainerStatuses", "init"), ("containerStatuses", "container")):
            for state in status.get(field) or []:
                if state.get("restartCount"):
                    yield Source(name, state["name"], "previous")
                if "waiting" not in (state.get("state") or {}):
                    yield Source(name, state["name"], "init" if kind == "init" else "container")


def collect(
    kube: Kube,
    namespace: str,
    pods: Iterable[Mapping[str, Any]],
    folder: Path,
    redactor: Redactor,
    *,
    allowances: Allowances | None = None,
) -> list[ContainerLog]:
    """Save the logs of pods and scan them.

    Args:
        kube: The API.
        namespace: Where the pods are.
        pods: The pods as raw JSON.
        folder: Where the files go; made if it is not there.
        redactor: Takes secrets out of them.
        allowances: Lines that are expected.

    Returns:
        What each log holds; a log that can't be read is one that has no lines and names the reason as a bad line.
    """
    folder.mkdir(parents=True, exist_ok=True)
    expected = allowances or Allowances()
    return [_collect(kube, namespace, source, folder, redactor, scan=Scan(expected)) for source in sources(pods)]


def _collect(
    kube: Kube, namespace: str, source: Source, folder: Path, redactor: Redactor, *, scan: Scan
) -> ContainerLog:
    try:
        text = kube.text(
            f"/api/v1/namespaces/{namespace}/pods/{source.pod}/log",
            limit_bytes=LIMIT_BYTES,
            timeout_s=TIMEOUT_S,
            container=source.container,
            previous=str(source.kind == "previous").lower(),
        )
        file = folder / source.file_name
        file.write_text(redactor.clean(text), encoding="utf-8")
        scan.read(redactor.clean(text))
    except KubeError as error:
        scan.unreadable(error.message)
    return ContainerLog(
        pod=source.pod,
        container=source.container,
        kind=source.kind,
        lines=scan.lines,
        levels=dict(scan.levels),
        unparsed=scan.unparsed,
        hits=scan.hits,
        allowed=scan.allowed,
        file=f"logs/{folder.name}/{source.file_name}",
    )
