"""Takes down dead runs from outside of a test session: for the reaper, and for `todo-k8s reap`."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s import exit_codes, journal
from pytest_todo_k8s.cluster import provider
from pytest_todo_k8s.cluster.kube import Kube
from pytest_todo_k8s.errors import ConfigError, TodoK8sError
from pytest_todo_k8s.ownership import Owner
from pytest_todo_k8s.settings import ClusterChoice, Settings
from pytest_todo_k8s.sweep import sweep, take_down
from pytest_todo_k8s.teardown import Means, Removal
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.toolchain import Toolchain, cache_root

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

RUNS: Final = "runs"
"""Folder of the cache with one private folder for each run that lives, is kept, or did not end cleanly."""


def reap_dead_run(folder: Path, log_file: Path) -> int:
    """Take down the run whose owner died, and write down what was done; never raises.

    Args:
        folder: The run's private folder.
        log_file: Where it is written, if that is possible.

    Returns:
        0, or 12 where something is left.
    """
    lines = ["the process that owned this run died; the reaper took over"]
    try:
        dead = journal.Journal.open(folder / journal.FILE)
        lines[0] = f"run {dead.owner.run_id}: process {dead.owner.pid}, which owned it, died; the reaper took over"
        removal = take_down(dead, _means(_choice(dead.owner.cluster), os.environ, folder, ensured=True))
    except (TodoK8sError, OSError) as error:
        removal = Removal(leftovers=[str(error)])
    lines += [*removal.removed, *(f"NOT REMOVED: {text}" for text in removal.leftovers)]
    with contextlib.suppress(OSError):
        log_file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return exit_codes.LEFTOVERS if removal.leftovers else exit_codes.OK


def reap(
    choice: ClusterChoice, environment: Mapping[str, str], run_ids: Collection[str], say: Callable[[str], None]
) -> int:
    """Take down what dead runs left, and kept runs that are named.

    Args:
        choice: The cluster.
        environment: The caller's.
        run_ids: Kept runs that are to go before their time.
        say: Prints one line.

    Returns:
        0, or 12 where something is left.

    Raises:
        TodoK8sError: The cluster can't be reached, or a named run is not there, or lives.
    """
    runs = cache_root(environment) / RUNS
    for run_id in run_ids:
        _check_reapable(runs, run_id)
    with tempfile.TemporaryDirectory(prefix="todo-k8s-reap-") as scratch:
        means = _means(choice, environment, Path(scratch), ensured=False)
        swept = sweep(runs, Owner.of_this_process(choice), means, also=run_ids)
    for line in swept.removed or ["nothing to reap"]:
        say(line)
    for text in swept.leftovers:
        say(f"NOT REMOVED: {text}")
    return exit_codes.LEFTOVERS if swept.leftovers else exit_codes.OK


def _check_reapable(runs: Path, run_id: str) -> None:
    file = runs / run_id / journal.FILE
    if Path(run_id).name != run_id or not file.exists():
        known = sorted(each.parent.name for each in runs.glob(f"*/{journal.FILE}"))
        raise ConfigError(f"there is no run {run_id}", f"those that left something: {', '.join(known) or 'none'}")
    found = journal.Journal.open(file)
    owner = found.owner
    if not owner.dead and not owner.kept:
        raise ConfigError(f"the run {run_id} is alive: process {owner.pid} on {owner.host}", "end that process first")
    with found.lock(0.0) as free:
        if not free:
            raise ConfigError(f"another process upgrades or takes down what the run {run_id} keeps", "wait for its end")


def _choice(cluster: str) -> ClusterChoice:
    kind, _, name = cluster.partition(":")
    return ClusterChoice(kind, name)


def _means(choice: ClusterChoice, environment: Mapping[str, str], folder: Path, *, ensured: bool) -> Means:
    """Reach a cluster as a run does.

    Args:
        choice: The cluster.
        environment: The caller's.
        folder: Where the private kubeconfig is, or will be.
        ensured: It may be there already: the run that wrote it has checked where it leads.
    """
    toolchain = Toolchain.load(environment)
    commands = CommandRunner(toolchain.child_environment(environment))
    settings = Settings(
        root=Path.cwd(),
        cluster=choice,
        namespace="",
        out=folder,
        database_url=None,
        model_key=None,
        environment=environment,
    )
    cluster = provider.chosen(settings, toolchain, commands, folder)
    if not (ensured and cluster.kubeconfig.exists()):
        cluster.ensure()
    return Means(Kube(cluster.kubeconfig, cluster.context), cluster, commands, toolchain)
