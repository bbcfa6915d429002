"""CPU and memory of containers from their cgroup files: what readers of both kinds print, and how it is understood.

A reader prints `limits ID VERSION QUOTA PERIOD BYTES` or `missing ID` for each container, then each second for each
`use ID UPTIME CPU BYTES INACTIVE PERIODS THROTTLED`; `-` stands for what could not be read. It ends by itself after
the given number of readings, so that nothing is left of it whatever becomes of its caller. On a node (`node_reader`) a
container's cgroup is found by its id, not by a fixed path: the folders above it differ between runtimes, cgroup
drivers and cluster kinds; in a container (`exec_reader`) it is the root. Both cgroup versions are read:

- v1 (kernel: `admin-guide/cgroup-v1`): `cpuacct.usage` in nanoseconds, `cpu.cfs_quota_us`, `memory.usage_in_bytes`,
  and `total_inactive_file` of `memory.stat`;
- v2 (kernel: `admin-guide/cgroup-v2`): `usage_usec` of `cpu.stat` in microseconds, `cpu.max`, `memory.current`, and
  `inactive_file` of `memory.stat`.

The working set is use less inactive file cache, as the kubelet counts it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.measurements import UsageSample

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT: Final = "/sys/fs/cgroup"
SCRIPT: Final = "cgroups.sh"
"""The reader for a shell, beside this module."""
NO_CGROUP: Final = "no cgroup of it was found"
_NO_LIMIT_BYTES: Final = 1 << 60
"""cgroup v1 writes "no limit" as the largest page count in bytes; no machine has this much."""
_COUNTERS: Final = 5
_CPU_UNITS_PER_S: Final = {1: 1e9, 2: 1e6}


@dataclass(slots=True)
class Readings:
    """What was read of one container.

    Attributes:
        version: cgroup version; None: its cgroup was not found.
        cpu_limit_cores: CPU quota; None: none is set.
        memory_limit_bytes: Memory limit; None: none is set.
        samples: Readings in order; `at_s` counts from the reader's first reading of all.
        reason: Why there are no samples, or not all.
    """

    version: int | None = None
    cpu_limit_cores: float | None = None
    memory_limit_bytes: int | None = None
    samples: list[UsageSample] = field(default_factory=list)
    reason: str | None = None


def on_node(container_ids: Sequence[str], readings: int, root: str = ROOT) -> list[str]:
    """Return the argument list of the process that reads containers on their node once a second.

    Args:
        container_ids: Without the runtime's prefix.
        readings: How many times.
        root: Where the cgroup file systems are mounted.
    """
    script = files("pytest_todo_k8s.measuring").joinpath(SCRIPT).read_text(encoding="utf-8")
    return ["sh", "-c", script, "cgroups", root, str(readings), "named", *container_ids]


def parse(lines: Iterable[str]) -> dict[str, Readings]:
    """Read what the process printed, by container id; lines of another form (a tool's warning) are left out."""
    found: dict[str, Readings] = {}
    first_s: float | None = None
    for line in lines:
        match line.split():
            case ["missing", container]:
                found[container] = Readings(reason=NO_CGROUP)
            case ["limits", container, version, quota, period, memory]:
                found[container] = Readings(int(version), _cores(quota, period), _bytes(memory))
            case ["use", container, uptime, *counters] if container in found and _whole(counters):
                first_s = float(uptime) if first_s is None else first_s
                found[container].samples.append(_sample(found[container], float(uptime) - first_s, counters))
            case _:
                continue
    return found


def _sample(readings: Readings, at_s: float, counters: list[str]) -> UsageSample:
    used, total, inactive, periods, throttled = counters
    return UsageSample(
        at_s=at_s,
        cpu_s=int(used) / _CPU_UNITS_PER_S[readings.version or 2],
        working_set_bytes=max(0, int(total) - int(inactive)),
        periods=None if periods == "-" else int(periods),
        throttled_periods=None if throttled == "-" else int(throttled),
    )


def _whole(counters: list[str]) -> bool:
    """Tell whether CPU and memory were read; throttling may be unknown (no CFS quota in the kernel)."""
    return len(counters) == _COUNTERS and all(each.isdecimal() for each in counters[:3])


def _cores(quota: str, period: str) -> float | None:
    """Return the CPU limit in cores; `max` (v2) and a negative quota (v1) mean that there is none."""
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() else None


def _bytes(limit: str) -> int | None:
    return int(limit) if limit.isdecimal() and int(limit) < _NO_LIMIT_BYTES else None
