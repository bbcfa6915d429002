"""Removes what dead runs left: by their journals, and by the labels of namespaces whose journal is lost."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s import journal, ownership
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.errors import ConfigError, PhaseError
from pytest_todo_k8s.journal import Entry, Journal
from pytest_todo_k8s.teardown import NAMESPACE_LIMIT_S, Removal, Teardown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.teardown import Means


_LOCK_S: Final = NAMESPACE_LIMIT_S + 60.0
"""Longer than one teardown lasts."""
_POLL_S: Final = 0.5


def sweep(runs: Path, owner: ownership.Owner, means: Means, also: Collection[str] = ()) -> Removal:
    """Take down the things of every dead run.

    Args:
        runs: Folder with one folder for each run that has not ended cleanly, or lives.
        owner: The run that sweeps; its own things stay.
        means: How to reach its cluster. Of dead runs on other clusters only processes are ended.
        also: Ids of kept runs that go too, though their time is not over.

    Returns:
        What was removed, and what could not be.

    Raises:
        PhaseError: The namespaces can't be listed.
    """
    swept = Removal()
    for dead in _dead_runs(runs, owner, also, swept):
        _add(swept, take_down(dead, means if dead.owner.cluster == owner.cluster else None))
    for entry, run_id in _dead_namespaces(owner, means):
        _add(swept, Teardown(run_id, [entry], means, on_gone=lambda _entry: None).run())
    return swept


def sweep_processes(runs: Path, owner: ownership.Owner) -> Removal:
    """End the processes of dead runs that use no cluster, and remove their folders.

    Args:
        runs: Folder with one folder for each run that has not ended cleanly, or lives.
        owner: The run that sweeps; its own things stay.

    Returns:
        What was removed, and what could not be.
    """
    swept = Removal()
    for dead in _dead_runs(runs, owner, (), swept):
        _add(swept, take_down(dead, None))
    return swept


def take_down(dead: Journal, means: Means | None) -> Removal:
    """Take down the things of one dead run, and its folder when nothing is left; one process at a time does it.

    Args:
        dead: Its journal.
        means: How to reach its cluster; None: only processes are ended.
    """
    removal = Removal()
    with dead.lock(_LOCK_S) as locked:
        if not dead.file.exists():
            return removal  # another process, its reaper for instance, has done it meanwhile
        if not locked:
            removal.leftovers.append(f"run {dead.owner.run_id}: another process has been at it for {_LOCK_S:.0f} s")
            return removal
        _add(removal, Teardown(dead.owner.run_id, dead.open_entries(), means, on_gone=dead.forget).run())
        if not dead.open_entries():
            shutil.rmtree(dead.file.parent, ignore_errors=True)
            removal.removed.append(f"run {dead.owner.run_id}")
    return removal


def in_the_way(kube: Kube, name: str, say: Callable[[str], None]) -> dict[str, Any] | None:
    """Return a namespace that exists (raw JSON), or None; one that somebody is deleting gets the time to go.

    Args:
        kube: The API.
        name: The namespace.
        say: Told that there is something to wait for.

    Raises:
        KubeError: The API does not tell.
    """
    deadline, told = time.monotonic() + NAMESPACE_LIMIT_S, False
    while True:
        try:
            live = kube.get(f"/api/v1/namespaces/{name}")
        except KubeError as error:
            if error.missing:
                return None
            raise
        if not ownership.is_going(live) or time.monotonic() >= deadline:
            return live
        if not told:
            say(f"waiting for the namespace {name}, which is being deleted")
            told = True
        time.sleep(_POLL_S)


def _dead_runs(runs: Path, owner: ownership.Owner, also: Collection[str], swept: Removal) -> Iterator[Journal]:
    for file in sorted(runs.glob(f"*/{journal.FILE}")):
        try:
            found = Journal.open(file)
        except ConfigError as error:
            if file.exists():  # else another process, its reaper for instance, has finished with it meanwhile
                swept.leftovers.append(str(error))
            continue
        if found.owner.run_id != owner.run_id and (found.owner.dead or found.owner.run_id in also):
            yield found


def _dead_namespaces(owner: ownership.Owner, means: Means) -> Iterator[tuple[Entry, str]]:
    try:
        namespaces = means.kube.items("/api/v1/namespaces", labelSelector=ownership.SELECTOR)
    except KubeError as error:
        raise PhaseError("preflight", error.cause, "let this context list namespaces") from None
    for live in namespaces:
        maker = ownership.owner_of(live)
        if maker and maker.run_id != owner.run_id and maker.dead:
            metadata = live["metadata"]
            yield Entry("namespace", metadata["name"], {"uid": metadata["uid"]}), maker.run_id


def _add(swept: Removal, more: Removal) -> None:
    swept.removed += more.removed
    swept.leftovers += more.leftovers
