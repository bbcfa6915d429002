"""What runs of the gate have left: in cluster, engine, process table and cache; other people's are not looked at."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.journal import FILE, Journal
from pytest_todo_k8s.ownership import RUN_ID
from pytest_todo_k8s.tools.toolchain import Toolchain, cache_root

if TYPE_CHECKING:
    from collections.abc import Iterable

MARK = "TODO_TEST_OWNER"
"""In the environment of all runs of this process."""
OURS = re.compile(r"(?:^|docker\.io/library/)(?:todo|notes)-[a-z-]+:\w+-(\w{8})")
"""The name of an image that a run brought to the node; what was pulled from a registry is the kubelet's to clear."""
CLEARED_S = 60.0
"""Seconds in which the kubelet clears the containers of a pod that is gone."""


class OwnRuns:
    """The runs that this process has started, by their ids.

    Attributes:
        namespace: All of them deploy into it, one after the other.
    """

    def __init__(self, namespace: str) -> None:
        """Know of none yet."""
        self.namespace = namespace
        self._pids: set[int] = set()
        self._ids: set[str] = set()
        self._runs = cache_root(os.environ) / "runs"
        self._toolchain = Toolchain.load(os.environ)
        self._environment = self._toolchain.child_environment(os.environ)

    def started(self, pid: int) -> None:
        """Take note of a run's own process."""
        self._pids.add(pid)

    def known(self, run_id: str) -> None:
        """Take note of a run's id, as its evidence gives it."""
        self._ids.add(run_id)

    def left(self) -> list[str]:
        """List what is there of them."""
        self._ids |= {folder.name for folder in self._runs.glob("*") if self._owner_pid(folder) in self._pids}
        found = [*self._in_cluster(), *self._in_engine()]
        found += self._of_a_run(self._on_node("images", "ls", "--quiet"))
        deadline = time.monotonic() + (0.0 if found else CLEARED_S)
        while containers := self._of_a_run(self._on_node("containers", "ls")):
            if time.monotonic() >= deadline:
                found += containers
                break
            time.sleep(1)
        found += [str(self._runs / run_id) for run_id in self._ids if (self._runs / run_id).exists()]
        return found + [str(path) for path in Path("/proc").glob("[0-9]*") if _is_of_a_run(path)]

    def _in_cluster(self) -> list[str]:
        cluster = (f"--kubeconfig={self._toolchain.kubeconfig}", f"--context={self._toolchain.profile}")
        kubectl, helm = self._toolchain.path("kubectl"), self._toolchain.path("helm")
        listed = self._ask(kubectl, *cluster, "get", "namespaces,persistentvolumes", "--output=json")
        found = [
            f"{each['kind']} {each['metadata']['name']}" for each in json.loads(listed)["items"] if self._is_ours(each)
        ]
        releases = (f"--kubeconfig={self._toolchain.kubeconfig}", f"--kube-context={self._toolchain.profile}")
        return found + self._ask(helm, "list", *releases, "--all", "--short", f"--namespace={self.namespace}").split()

    def _is_ours(self, listed: dict[str, Any]) -> bool:
        if listed["kind"] == "Namespace":
            return listed["metadata"].get("labels", {}).get(RUN_ID) in self._ids
        claim: dict[str, str] = listed["spec"].get("claimRef", {})
        return claim.get("namespace") == self.namespace

    def _in_engine(self) -> list[str]:
        docker = self._toolchain.path("docker")
        found: list[str] = []
        for run_id in self._ids:
            mark = f"--filter=label={RUN_ID}={run_id}"
            found += self._ask(docker, "image", "ls", "--quiet", mark).split()
            found += self._ask(docker, "container", "ls", "--all", "--quiet", mark).split()
        return found

    def _on_node(self, *words: str) -> list[str]:
        node = (self._toolchain.path("docker"), "exec", self._toolchain.profile, "ctr", "--namespace", "k8s.io")
        return self._ask(*node, *words).split()

    def _of_a_run(self, words: Iterable[str]) -> list[str]:
        shorts = {run_id.rpartition("-")[2][:8] for run_id in self._ids}
        return [word for word in words if (match := OURS.match(word)) and match[1] in shorts]

    @staticmethod
    def _owner_pid(folder: Path) -> int | None:
        try:
            return Journal.open(folder / FILE).owner.pid
        except ConfigError:
            return None

    def _ask(self, *argv: str | Path) -> str:
        done = subprocess.run(
            argv,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout


def _is_of_a_run(process: Path) -> bool:
    try:
        content = (process / "environ").read_bytes()
        return b"TODO_K8S_RUN_ID=" in content and f"{MARK}={os.getpid()}\0".encode() in content
    except OSError:
        return False
