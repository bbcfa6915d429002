"""Facts about the machine that decide how set-up goes."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CAP_SYS_RESOURCE: Final = 24
"""Bit of the capability in the kernel's sets (linux/capability.h)."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What does not change while set-up runs.

    Attributes:
        root: Whether we may install packages and start an engine.
        architecture: As `uname -m` names it.
        cpus: Cores that may be used.
        memory_mb: Physical memory, MiB.
        systemd: Whether services are managed by systemd.
        grants_sys_resource: Whether a container can be given CAP_SYS_RESOURCE, which "privileged" includes.
    """

    root: bool
    architecture: str
    cpus: int
    memory_mb: int
    systemd: bool
    grants_sys_resource: bool

    @classmethod
    def read(cls, root_folder: Path = Path("/")) -> Machine:
        """Look at this machine; `root_folder` is where /proc and /run are looked for."""
        status = (root_folder / "proc/self/status").read_text(encoding="ascii")
        memory = (root_folder / "proc/meminfo").read_text(encoding="ascii")
        bounding = re.search(r"^CapBnd:\s*([0-9a-f]+)$", status, re.MULTILINE)
        total = re.search(r"^MemTotal:\s*(\d+) kB$", memory, re.MULTILINE)
        return cls(
            root=os.geteuid() == 0,
            architecture=platform.machine(),
            cpus=len(os.sched_getaffinity(0)),
            memory_mb=int(total[1]) // 1024 if total else 0,
            systemd=(root_folder / "run/systemd/system").is_dir(),
            grants_sys_resource=not bounding or bool(int(bounding[1], 16) >> CAP_SYS_RESOURCE & 1),
        )
