"""Takes back what set-up made: `todo-k8s setup --remove`, or only stops it: `todo-k8s setup --stop`."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.bootstrap import cluster, engine, firewall, image_store, kernel, kind, packages
from pytest_todo_k8s.bootstrap.console import Console, StepProgress
from pytest_todo_k8s.bootstrap.minikube import PROFILE, Minikube
from pytest_todo_k8s.bootstrap.programs import fit, minikubes
from pytest_todo_k8s.bootstrap.record import FILE_NAME as RECORD
from pytest_todo_k8s.bootstrap.setup import LOCK_NAME, locked
from pytest_todo_k8s.plain.up import SESSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_todo_k8s.bootstrap.site import Site

CONTENTS: Final = (
    "toolchain",
    "plain",
    "runs",
    "logs",
    "kubeconfig",
    "kubeconfig.lock",
    "setup.json",
    RECORD,
    LOCK_NAME,
)
"""All that this package keeps in its cache folder; the record next to last, so that a broken removal can go on."""


def stop(site: Site) -> None:
    """Stop the node, and the engine if set-up started it; a later set-up starts both again.

    Raises:
        SetupError: The cache folder can't be used.
        CommandError: The node can't be stopped.
    """
    console = Console()
    if not site.cache.is_dir():
        console.say(f"nothing to stop: there is no {site.cache}")
        return
    with locked(site, console):
        progress = StepProgress.begin("stop", site.logs, console)
        if site.record.profile and cluster.stop(site, _minikube(site), progress):
            progress.say(f"stopped the node of profile {PROFILE}")
        if site.record.kind and kind.delete(site):
            progress.say(f"removed the kind cluster {kind.NAME}: it is made anew in seconds")
        if site.record.engine and site.record.engine.alive:
            engine.bound_build_cache(site)  # now, since whoever starts it next waits for it
        if engine.stop(site):
            progress.say("stopped the engine")


def remove(site: Site) -> None:
    """Remove profile, images, firewall rule, kernel settings, engine process and cache, as far as set-up made them.

    Raises:
        SetupError: The cache folder can't be used.
        CommandError: An image can't be removed.
    """
    console = Console()
    if not site.cache.is_dir():
        console.say(f"nothing to remove: there is no {site.cache}")
        return
    with locked(site, console):
        for removed in _removals(site, StepProgress.begin("remove", site.logs, console)):
            console.say(f"removed {removed}")
        _remove_cache(site, console)


def _removals(site: Site, progress: StepProgress) -> Iterable[str]:
    """Remove one thing after the other, telling what it was."""
    record = site.record
    if record.profile:
        cluster.delete(site, _minikube(site), progress)
        yield f"the Minikube profile {PROFILE}"
    if record.kind and kind.delete(site):
        yield f"the kind cluster {kind.NAME}"
    for reference in image_store.remove_ours(site):
        yield f"the image {reference}"
    if firewall.remove(site):
        yield "the firewall rule for service addresses"
    for setting in kernel.restore(site):
        yield f"the raised kernel limit, now {setting}"
    if record.engine and record.engine.alive:
        image_store.remove_build_cache(site)
    if engine.stop(site):
        yield "the engine process"
    still_there = packages.installed(site, record.packages)
    if still_there:
        progress.say(f"left installed, as set-up asked for them: {' '.join(still_there)} (apt-get purge removes them)")


def _minikube(site: Site) -> Minikube:
    return Minikube(site, fit(minikubes(site)))


def _remove_cache(site: Site, console: Console) -> None:
    for name in CONTENTS:
        path = site.cache / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        (site.cache / SESSIONS).rmdir()  # only when no application is up
    with contextlib.suppress(OSError):
        site.cache.rmdir()
    if site.cache.exists():
        left = ", ".join(sorted(path.name for path in site.cache.iterdir()))
        console.say(f"left {site.cache} in place: {left} in it is not of set-up's making")
    else:
        console.say(f"removed {site.cache}")
