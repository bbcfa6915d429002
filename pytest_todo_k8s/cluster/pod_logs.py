"""Reads the logs of pods: every container's, init containers and earlier runs included, and finds bad lines in them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_todo_k8s.allowances import Allowances
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.log_levels import Scan
from pytest_todo_k8s.measurements import ContainerLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.tools.redaction import Redactor

LIMIT_BYTES: Final = 2 * 1024 * 1024
"""Bytes read of one log; a start-up writes some kilobytes."""
TIMEOUT_S: Final = 20.0
TOTAL_S: Final = 60.0
"""Seconds for all logs together, however many pods there are."""
LOST: Final = "unable to retrieve container logs for "
"""What kubelet answers, as if it were the log, once a container's log is removed."""
TAIL_LINES: Final = 2000
"""Lines read of the end of a log that is kept to explain a failure."""
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
    tail: bool = False,
) -> list[ContainerLog]:
    """Save the logs of pods and scan them.

    Args:
        kube: The API.
        namespace: Where the pods are.
        pods: The pods as raw JSON.
        folder: Where the files go; made if it is not there.
        redactor: Takes secrets out of them.
        allowances: Lines that are expected.
        tail: Only their ends are wanted.

    Returns:
        What each log holds; a log that can't be read, or not to its end, names the reason as a bad line.
    """
    folder.mkdir(parents=True, exist_ok=True)
    expected = allowances or Allowances()
    deadline_s = time.monotonic() + TOTAL_S
    found = []
    for source in sources(pods):
        scan = Scan(expected)
        try:
            file = folder / source.file_name
            _read(kube, namespace, source, scan, file, redactor=redactor, deadline_s=deadline_s, tail=tail)
        except KubeError as error:
            scan.unreadable(error.message)
        found.append(_evidence(source, scan, f"logs/{folder.name}/{source.file_name}"))
    return found


def _read(
    kube: Kube,
    namespace: str,
    source: Source,
    scan: Scan,
    file: Path,
    *,
    redactor: Redactor,
    deadline_s: float,
    tail: bool,
) -> None:
    """Save and scan one log, within its own limits and those of all."""
    timeout_s = min(TIMEOUT_S, deadline_s - time.monotonic())
    if timeout_s <= 0.0:
        return scan.unreadable(f"all logs together took longer than {TOTAL_S:.0f} s")
    text, whole = kube.text_part(
        f"/api/v1/namespaces/{namespace}/pods/{source.pod}/log",
        limit_bytes=LIMIT_BYTES,
        timeout_s=timeout_s,
        container=source.container,
        previous=str(source.kind == "previous").lower(),
        **({"tailLines": TAIL_LINES} if tail else {}),
    )
    if text.startswith(LOST):
        return scan.unreadable("the node does not have it any more")
    clean = redactor.clean(text)
    file.write_text(clean, encoding="utf-8")
    scan.read(clean)
    if not whole and not tail:
        scan.unreadable(f"its end, beyond {len(text)} characters: it is too long, or came too slowly")
    return None


def _evidence(source: Source, scan: Scan, file: str) -> ContainerLog:
    return ContainerLog(
        pod=source.pod,
        container=source.container,
        kind=source.kind,
        lines=scan.lines,
        levels=dict(scan.levels),
        unparsed=scan.unparsed,
        hits=scan.hits,
        allowed=scan.allowed,
        file=file,
    )
