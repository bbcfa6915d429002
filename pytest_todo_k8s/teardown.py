"""Takes down what a run made, and proves that it is gone.

The namespace goes first: its deletion is asked for at once and proceeds while the rest is cleaned. Nothing is deleted
that does not carry the run's own mark: a namespace its label, run id and UID, an image its label, a process its
start time or the run's id in its environment.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s import ownership
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.errors import TodoK8sError
from pytest_todo_k8s.tools import processes
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.cluster.provider import Cluster
    from pytest_todo_k8s.journal import Entry
    from pytest_todo_k8s.tools.command import CommandResult, CommandRunner
    from pytest_todo_k8s.tools.toolchain import Toolchain

NAMESPACE_LIMIT_S: Final = 180.0
"""A deletion takes tens of seconds; after this it hangs, and what blocks it is told by name."""
_POD_GRACE_S: Final = 1
"""Seconds that a pod gets to end: its own grace, made for requests in flight, would hold the namespace for longer."""
_POLL_S: Final = 0.5
_ENGINE_TIMEOUT_S: Final = 60.0
_SILENT_S: Final = 30.0
"""An image that could not be removed for so long was held up by a time-out: the others would be as well."""
_CONFLICT: Final = 409


@dataclass(frozen=True, slots=True)
class Means:
    """What a teardown acts with.

    Attributes:
        kube: API of the run's cluster.
        cluster: Its nodes.
        commands: Starts the engine's client.
        toolchain: Where that is.
    """

    kube: Kube
    cluster: Cluster
    commands: CommandRunner
    toolchain: Toolchain


@dataclass
class Removal:
    """What became of the things of a run.

    Attributes:
        removed: Each thing that was seen to be gone, in words.
        leftovers: Each thing that could not be removed, with the reason and what to do by hand.
        gone_after_s: Seconds from the request to the proof that the namespace is gone.
    """

    removed: list[str] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    gone_after_s: float | None = None


class Teardown:
    """Takes down the things of one run; can be run again for what was left."""

    def __init__(
        self,
        run_id: str,
        entries: Sequence[Entry],
        means: Means | None,
        *,
        on_gone: Callable[[Entry], None],
        stop: Callable[[], None] = lambda: None,
    ) -> None:
        """Remember what is to go.

        Args:
            run_id: The run that made it.
            entries: What it made, in the order of its making.
            means: How to reach it; None: its cluster can't be reached, only processes are ended.
            on_gone: Called for each entry once it is seen to be gone.
            stop: Stops the run's own background commands, before other processes of it are looked for.
        """
        self._run_id = run_id
        self._entries = entries
        self._means = means
        self._on_gone = on_gone
        self._stop = stop
        self._silent = False
        self._result = Removal()

    def run(self) -> Removal:
        """Remove everything; what can't be removed is listed, never raised."""
        started = time.monotonic()
        waiting = [each for each in self._of("namespace") if self._means and self._begin_namespace(each, self._means)]
        self._stop()
        self._end_processes()
        for entry in waiting:
            self._await_namespace(entry, started)
        for entry in self._of("image"):
            if self._means:
                self._remove_image(entry, self._means)
        return self._result

    def _of(self, kind: str) -> list[Entry]:
        return [entry for entry in self._entries if entry.kind == kind]

    def _gone(self, entry: Entry, text: str) -> None:
        self._on_gone(entry)
        self._result.removed.append(text)

    def _left(self, text: str) -> None:
        self._result.leftovers.append(text)

    def _begin_namespace(self, entry: Entry, means: Means) -> bool:
        """Ask for the deletion; return whether there is something to wait for."""
        try:
            live = self._live(entry, means.kube)
            if live is None:
                self._gone(entry, f"namespace {entry.name}: not there")
                return False
            means.kube.delete(_path(entry), uid=live["metadata"]["uid"])
        except KubeError as error:
            if not error.missing and error.status != _CONFLICT:
                self._left(f"namespace {entry.name}: {error}; `kubectl delete namespace {entry.name}`")
                return False
        else:
            _hurry_pods(entry, means.kube)
        return True  # also when it went, or changed hands, between look and request: the wait tells which

    def _await_namespace(self, entry: Entry, started: float) -> None:
        """Wait until the namespace and its volumes are gone; say what blocks them if they stay."""
        means = self._means
        while means:
            try:
                blocked = self._blocked(entry, means.kube)
            except KubeError as error:
                blocked = str(error)
            elapsed_s = time.monotonic() - started
            if blocked is None:
                self._result.gone_after_s = elapsed_s
                uid = entry.details.get("uid", "unknown")
                return self._gone(entry, f"namespace {entry.name} (UID {uid}): gone after {elapsed_s:.1f} s")
            if elapsed_s >= NAMESPACE_LIMIT_S:
                return self._left(f"namespace {entry.name}: not gone after {elapsed_s:.0f} s: {blocked}")
            time.sleep(_POLL_S)
        return None

    def _blocked(self, entry: Entry, kube: Kube) -> str | None:
        """Tell what is still there of a namespace, or None: nothing."""
        if live := self._live(entry, kube):
            return _blockers(live)
        volumes = _volumes(entry.name, kube)
        return f"volumes {', '.join(volumes)} are still there" if volumes else None

    def _live(self, entry: Entry, kube: Kube) -> dict[str, Any] | None:
        """Return the namespace while it is this run's: label, run id and, as far as it is known, UID."""
        try:
            live = kube.get(_path(entry))
        except KubeError as error:
            if error.missing:
                return None
            raise
        owner, uid = ownership.owner_of(live), entry.details.get("uid")
        ours = owner is not None and owner.run_id == self._run_id
        return live if ours and uid in {None, live["metadata"]["uid"]} else None

    def _end_processes(self) -> None:
        """End the processes that the run noted, and any other that has the run's id in its environment."""
        for entry in self._of("process"):
            noted = _process(entry)
            if noted and not processes.end(noted):
                self._left(f"process {noted.pid} ({entry.name}): does not end; `kill -9 {noted.pid}`")
            else:
                self._gone(entry, f"process {noted.pid if noted else '?'} ({entry.name})")
        for process in list(processes.of_run(self._run_id)):
            if processes.end(process):
                self._result.removed.append(f"process {process.pid}")
            else:
                self._left(f"process {process.pid}: does not end; `kill -9 {process.pid}`")

    def _remove_image(self, entry: Entry, means: Means) -> None:
        """Remove an image from nodes and engine, unless another run has given its name to an image of its own."""
        by_hand = f"`docker image rm {entry.name}`"
        if self._silent:
            return self._left(f"image {entry.name}: not tried, the image before it was held up too long; {by_hand}")
        started = time.monotonic()
        try:
            if _image_owner(entry.name, means) in {self._run_id, None}:
                means.cluster.unload(entry.name)
                _docker(means, "image", "rm", entry.name)
                if _image_owner(entry.name, means) == self._run_id:
                    return self._left(f"image {entry.name}: still in the engine; {by_hand}")
        except (TodoK8sError, CommandError) as error:
            self._silent = time.monotonic() - started >= _SILENT_S
            return self._left(f"image {entry.name}: {error}; {by_hand}")
        return self._gone(entry, f"image {entry.name}")


def _path(namespace: Entry) -> str:
    return f"/api/v1/namespaces/{namespace.name}"


def _hurry_pods(namespace: Entry, kube: Kube) -> None:
    """Shorten the grace of the pods in a namespace that is being deleted, where that is possible."""
    with contextlib.suppress(KubeError):
        for pod in kube.items(f"{_path(namespace)}/pods"):
            name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
            kube.delete(f"{_path(namespace)}/pods/{name}", uid=uid, grace_s=_POD_GRACE_S)


def _process(entry: Entry) -> processes.Process | None:
    """The process that an entry names; None: the run died before it knew."""
    if "pid" not in entry.details:
        return None
    return processes.Process(int(entry.details["pid"]), str(entry.details.get("start", "")))


def _blockers(namespace: dict[str, Any]) -> str:
    """Say what keeps a namespace: the conditions of its deletion and its finalizers, by name."""
    conditions = namespace.get("status", {}).get("conditions") or []
    reasons = [f"{each['type']}: {each.get('message', '')}" for each in conditions if each.get("status") == "True"]
    finalizers = namespace.get("spec", {}).get("finalizers") or []
    return "; ".join([*reasons, *(f"finalizer {name}" for name in finalizers)]) or "no reason is given"


def _volumes(namespace: str, kube: Kube) -> list[str]:
    """Names of persistent volumes whose claim was in the namespace; without the right to look, none."""
    try:
        volumes = kube.items("/api/v1/persistentvolumes")
    except KubeError as error:
        if error.reason == "Forbidden":
            return []
        raise
    claims = [(each["metadata"]["name"], each["spec"].get("claimRef") or {}) for each in volumes]
    return [name for name, claim in claims if claim.get("namespace") == namespace]


def _image_owner(reference: str, means: Means) -> str | None:
    """Return the run id that an image of the engine is labelled with ("" for none); None: there is no such image.

    Raises:
        CommandError: The engine can't tell.
    """
    template = f'{{{{index .Config.Labels "{ownership.RUN_ID}"}}}}'
    result = _docker(means, "image", "inspect", "--format", template, reference)
    if result.ok:
        return result.stdout.strip()
    if "no such image" in result.stderr.lower():
        return None
    raise CommandError(result)


def _docker(means: Means, *words: str) -> CommandResult:
    return means.commands.run([means.toolchain.path("docker"), *words], timeout_s=_ENGINE_TIMEOUT_S, check=False)
