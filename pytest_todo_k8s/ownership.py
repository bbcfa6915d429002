"""What is ours: labels and annotations that name the run which made a thing, and whether that run still lives."""

from __future__ import annotations

import datetime as dt
import secrets
import socket
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.settings import TTL_S
from pytest_todo_k8s.tools import processes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.settings import ClusterChoice

MANAGED_BY: Final = "app.kubernetes.io/managed-by"
MANAGER: Final = "todo-k8s"
RUN_ID: Final = "todo-k8s.dev/run-id"
"""Label of namespaces and of images: the run's id."""
SELECTOR: Final = f"{MANAGED_BY}={MANAGER}"
"""Label selector for what any run of ours made; only to look, never to delete by."""
BOUNDS: Final = "todo-k8s"
"""Name of the ResourceQuota and of the LimitRange in a run's namespace."""
QUOTA: Final = {
    "pods": "20",
    "requests.cpu": "2",
    "requests.memory": "3Gi",
    "requests.ephemeral-storage": "2Gi",
    "limits.cpu": "8",
    "limits.memory": "6Gi",
    "limits.ephemeral-storage": "6Gi",
    "persistentvolumeclaims": "2",
    "requests.storage": "5Gi",
    "services.nodeports": "2",
    "services.loadbalancers": "0",
}
"""About three times the chart's own needs: a rolling update, the probe pod and the chart's test fit beside them."""
LARGEST_POD: Final = {"cpu": "2", "memory": "1Gi", "ephemeral-storage": "1Gi"}
LARGEST_CLAIM: Final = "5Gi"
_CREATED_AT: Final = "todo-k8s.dev/created-at"
_TTL: Final = "todo-k8s.dev/ttl-seconds"
_HOST: Final = "todo-k8s.dev/host"
_PID: Final = "todo-k8s.dev/pid"
_PID_START: Final = "todo-k8s.dev/pid-start"
_KEPT: Final = "todo-k8s.dev/kept"
KEEP_S: Final = 8 * 3600
"""Seconds that a kept run stays after its end: a working day."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A run and the process that owns it.

    Attributes:
        run_id: Identifier of the run; usable in labels, file names and namespace names.
        host: Name of the machine.
        pid: Process id of the run's controller.
        pid_start: Its start time, as `processes.Process.start`.
        created_at: UTC, ISO 8601.
        cluster: `provider:name` of the cluster it uses.
        ttl_s: Seconds from `created_at` after which it counts as dead.
        kept: Whether its things stay until then, though its process is gone.
    """

    run_id: str
    host: str
    pid: int
    pid_start: str
    created_at: str
    cluster: str
    ttl_s: int = TTL_S
    kept: bool = False

    @classmethod
    def of_this_process(cls, cluster: ClusterChoice) -> Owner:
        """Name a new run of this process."""
        now = dt.datetime.now(dt.UTC)
        me = processes.current()
        return cls(
            run_id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(6)}",
            host=socket.gethostname(),
            pid=me.pid,
            pid_start=me.start,
            created_at=now.isoformat(timespec="seconds"),
            cluster=f"{cluster.provider}:{cluster.name}",
        )

    def plain(self) -> dict[str, str | int]:
        """Return it as JSON takes it."""
        return asdict(self)

    @property
    def mark(self) -> str:
        """Short text that no other run of these days has: images of runs beside each other must differ in name."""
        return self.run_id.rpartition("-")[2][:8]

    @property
    def dead(self) -> bool:
        """Whether the run can't come back: its process on this host is gone, or its time is over.

        An owner on another host can't be looked at: it lives until its time is over.
        """
        gone = self.host == socket.gethostname() and not processes.Process(self.pid, self.pid_start).alive
        return (gone and not self.kept) or dt.datetime.now(dt.UTC) > self.end

    @property
    def end(self) -> dt.datetime:
        """When the run is dead in any case."""
        return dt.datetime.fromisoformat(self.created_at) + dt.timedelta(seconds=self.ttl_s)


def namespace_manifest(context: RunContext, *, kubernetes_minor: str) -> dict[str, Any]:
    """Return the Namespace of a run: ours by label and annotation, judging pods by the restricted profile.

    Args:
        context: The run.
        kubernetes_minor: The API server's version as `v1.34`: pinned, so that an upgrade can't change the judge
            unnoticed (Kubernetes: Pod Security Admission, label `enforce-version`).
    """
    owner = context.journal.owner
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": context.settings.namespace,
            "labels": {
                MANAGED_BY: MANAGER,
                RUN_ID: owner.run_id,
                "pod-security.kubernetes.io/enforce": "restricted",
                "pod-security.kubernetes.io/enforce-version": kubernetes_minor,
            },
            "annotations": _notes(owner),
        },
    }


def bounds(context: RunContext) -> dict[str, dict[str, Any]]:
    """Return what bounds the namespace of a run, by the name of its collection in the API.

    The ResourceQuota counts what all pods together may ask for; it also refuses every pod without requests and limits.
    The LimitRange bounds a single pod and a single volume claim. It bounds pods and not containers: a bound for
    containers would become the default of those that have none, and so hide what a chart left out.
    """
    metadata = {
        "name": BOUNDS,
        "namespace": context.settings.namespace,
        "labels": {MANAGED_BY: MANAGER, RUN_ID: context.journal.owner.run_id},
    }
    return {
        "resourcequotas": {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": metadata,
            "spec": {"hard": dict(QUOTA)},
        },
        "limitranges": {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": metadata,
            "spec": {
                "limits": [
                    {"type": "Pod", "max": dict(LARGEST_POD)},
                    {"type": "PersistentVolumeClaim", "max": {"storage": LARGEST_CLAIM}},
                ]
            },
        },
    }


def kept_notes(ttl_s: int) -> dict[str, str]:
    """Return the annotations that let a namespace stay until it is `ttl_s` seconds old."""
    return {_KEPT: "true", _TTL: str(ttl_s)}


def image_labels(owner: Owner) -> dict[str, str]:
    """Return the labels of an image of a run: ours, whose, and until when."""
    return {MANAGED_BY: MANAGER, RUN_ID: owner.run_id, **_notes(owner)}


def _notes(owner: Owner) -> dict[str, str]:
    return {
        _CREATED_AT: owner.created_at,
        _TTL: str(owner.ttl_s),
        _HOST: owner.host,
        _PID: str(owner.pid),
        _PID_START: owner.pid_start,
    }


def owner_of(namespace: Mapping[str, Any]) -> Owner | None:
    """Return the run that made a Namespace (raw JSON), or None: it is not ours."""
    metadata = namespace.get("metadata", {})
    return _owner(metadata.get("labels") or {}, metadata.get("annotations") or {})


def owner_of_image(labels: Mapping[str, str]) -> Owner | None:
    """Return the run that made an image with these labels, or None: it is not ours, or does not tell enough."""
    return _owner(labels, labels)


def _owner(labels: Mapping[str, str], notes: Mapping[str, str]) -> Owner | None:
    if labels.get(MANAGED_BY) != MANAGER or RUN_ID not in labels:
        return None
    try:
        if dt.datetime.fromisoformat(notes[_CREATED_AT]).tzinfo is None:
            return None
        return Owner(
            run_id=labels[RUN_ID],
            host=notes[_HOST],
            pid=int(notes[_PID]),
            pid_start=notes[_PID_START],
            created_at=notes[_CREATED_AT],
            cluster="",
            ttl_s=int(notes[_TTL]),
            kept=notes.get(_KEPT) == "true",
        )
    except (KeyError, ValueError):
        return None


def is_going(namespace: Mapping[str, Any]) -> bool:
    """Whether a Namespace (raw JSON) is being deleted."""
    return (namespace.get("status") or {}).get("phase") == "Terminating"


def obstacle(namespace: Mapping[str, Any]) -> str | None:
    """Tell why a namespace that exists can't be taken, as one sentence; None: a dead run of ours left it.

    Args:
        namespace: The live Namespace as raw JSON.
    """
    name = namespace.get("metadata", {}).get("name", "?")
    owner = owner_of(namespace)
    if is_going(namespace):
        return f"the namespace {name} is being deleted and does not go"
    if owner is None:
        return f"the namespace {name} exists and was not made by todo-k8s"
    if owner.kept and not owner.dead:
        return (
            f"the namespace {name} is kept by the run {owner.run_id} until {owner.end:%Y-%m-%d %H:%M} UTC "
            f"(`--todo-reuse` upgrades it, `todo-k8s reap {owner.run_id}` takes it down)"
        )
    if not owner.dead:
        return f"the namespace {name} belongs to the run {owner.run_id} of process {owner.pid} on {owner.host}"
    return None
