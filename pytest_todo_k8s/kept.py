"""Deployments that stay after their run: how one is kept (`--todo-keep`), how a later run takes it up (`--todo-reuse`).

A kept deployment belongs to the run that made it, for ever: that run's id is on the namespace and on every image that
is built for it, and all of it stands in that run's journal. A run that takes it up writes into that journal too and
makes nothing of its own, so whatever becomes of it, the deployment stays, and one command takes everything down.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s import journal
from pytest_todo_k8s.errors import ConfigError, PhaseError
from pytest_todo_k8s.journal import Entry, Journal
from pytest_todo_k8s.ownership import KEEP_S, kept_notes, obstacle, owner_of
from pytest_todo_k8s.teardown import Removal, Teardown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack
    from pathlib import Path

    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.teardown import Means

_QUICK_S: Final = 30.0
_HINT: Final = "name another namespace with --todo-namespace"


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept deployment that a run has taken up.

    Attributes:
        journal: Of the run that made it.
        uid: UID of its namespace.
    """

    journal: Journal
    uid: str


def keep(made: Journal, kube: Kube) -> str | None:
    """Let namespace and images of a run stay for `KEEP_S` seconds from now.

    Args:
        made: The run's journal.
        kube: The API.

    Returns:
        Until when, and what takes them down; None: there is no namespace to keep.

    Raises:
        KubeError: The namespace can't be marked; nothing has changed.
    """
    found = [each for each in made.open_entries() if each.kind == "namespace" and "uid" in each.details]
    if not found:
        return None
    created = dt.datetime.fromisoformat(made.owner.created_at)
    ttl_s = int((dt.datetime.now(dt.UTC) - created).total_seconds()) + KEEP_S
    kube.annotate(f"/api/v1/namespaces/{found[0].name}", str(found[0].details["uid"]), kept_notes(ttl_s))
    made.keep(ttl_s)
    until = created + dt.timedelta(seconds=ttl_s)
    return f"until {until:%Y-%m-%d %H:%M} UTC; `todo-k8s reap {made.owner.run_id}` takes it down"


def take_up(live: Mapping[str, Any], runs: Path, cluster: str, held: ExitStack) -> Kept:
    """Take up the kept deployment in a namespace; nobody else does, or takes it down, until `held` is closed.

    Args:
        live: The namespace as raw JSON.
        runs: Folder with one folder for each run that lives, is kept, or did not end cleanly.
        cluster: `provider:name` of the cluster.
        held: Keeps the lock.

    Raises:
        PhaseError: It is no kept deployment of ours, or not to be had; nothing was touched.
    """
    name, uid, owner = live["metadata"]["name"], live["metadata"]["uid"], owner_of(live)
    if owner is None or not owner.kept or owner.dead:
        cause = obstacle(live) or f"the namespace {name} of a dead run is still there"
        raise PhaseError("preflight", f"{cause}: it is no kept deployment that could be reused", _HINT)
    file = runs / owner.run_id / journal.FILE
    try:
        made = Journal.open(file)
    except ConfigError:
        raise PhaseError(
            "preflight",
            f"the namespace {name} is kept by the run {owner.run_id} on {owner.host}, whose journal is not here",
            f"reuse it from there, or {_HINT}",
        ) from None
    if not held.enter_context(made.lock(0.0)):
        raise PhaseError(
            "preflight",
            f"another process upgrades or takes down the deployment that the run {owner.run_id} keeps in {name}",
            f"wait for its end, or {_HINT}",
        )
    known = {
        entry.details.get("uid") for entry in made.open_entries() if (entry.kind, entry.name) == ("namespace", name)
    }
    if made.owner.run_id != owner.run_id or made.owner.cluster != cluster or uid not in known:
        raise PhaseError("preflight", f"the namespace {name} is not the one that the run {owner.run_id} made", _HINT)
    return Kept(made, uid)


def drop_old_images(kept: Kept, evidence: Evidence, means: Means) -> Removal:
    """Remove the images that the deployment had before this run's took their place; without a new deployment, none.

    An old image that is byte for byte one of the new ones stays: a node's runtime removes an image by any of its names.

    Args:
        kept: The deployment.
        evidence: Of the run that has upgraded it.
        means: How to reach engine and nodes.
    """
    if evidence.build is None or evidence.deploy is None or evidence.deploy.ready_s is None:
        return Removal()
    names = {means.cluster.reference(image.reference) for image in evidence.build.images}
    names |= {image.reference for image in evidence.build.images}
    ids = {image.image_id for image in evidence.build.images}
    old = [
        entry
        for entry in kept.journal.open_entries()
        if entry.kind == "image" and entry.name not in names and _image_id(entry, means) not in ids
    ]
    return Teardown(kept.journal.owner.run_id, old, means, on_gone=kept.journal.forget).run() if old else Removal()


def _image_id(image: Entry, means: Means) -> str:
    argv = [str(means.toolchain.path("docker")), "image", "inspect", "--format", "{{.Id}}", image.name]
    return means.commands.run(argv, timeout_s=_QUICK_S, check=False).stdout.strip()
