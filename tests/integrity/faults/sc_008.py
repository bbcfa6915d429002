"""Containers that use more than they should: a process on the node puts itself into their cgroups."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from tests.integrity.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integrity.world import Trial

JOIN = r"""
for folder in $(find /sys/fs/cgroup -type d -name "*$1*"); do echo $$ >"$folder/cgroup.procs"; done
"""
BURN = JOIN + "exec timeout 100 sha256sum /dev/zero"
HOLD = JOIN + "exec timeout 100 sh -c '(head -c 380M /dev/zero; sleep 95) | tail -n 1 >/dev/null'"

END = r"""
for process in $(find /sys/fs/cgroup -path "*$1*" -name cgroup.procs -exec cat {} + | sort -u); do
  case $(cat /proc/$process/comm) in sha256sum|tail|head|sleep|timeout|sh) kill -9 $process;; esac
done
"""


@contextlib.contextmanager
def within(part: str, script: str, trial: Trial) -> Iterator[None]:
    container = trial.container(part)
    guest = trial.context.cluster.start_on_node(["sh", "-c", script, "guest", container])
    try:
        yield
    finally:
        guest.stop()
        trial.node("sh", "-c", END, "end", container)


def fault(part: str, what: str, script: str, name: str) -> Fault:
    return Fault(
        "SC-008",
        f"{name} in the {part}'s container",
        rf"{what} of todo-{part}.* not under",
        ("measure",),
        partial(within, part, script),
        only=("SC-008",),
    )


FAULTS = (
    fault("backend", "highest working set", HOLD, "memory that is not given back"),
    fault("frontend", "highest 5 s CPU window", BURN, "a process that burns CPU"),
    fault("frontend", "highest working set", HOLD, "memory that is not given back"),
)
