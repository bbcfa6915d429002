"""CPU and memory of containers from their cgroup files, read on the node by one long-lived process.

Nothing runs inside the container that is measured. A container's cgroup is found by its id, not by a fixed path: the
folders above it differ between runtimes, cgroup drivers and cluster kinds. Both cgroup versions are read:

- v1 (kernel: `admin-guide/cgroup-v1`): `cpuacct.usage` in nanoseconds, `cpu.cfs_quota_us`, `memory.usage_in_bytes`,
  and `total_inactive_file` of `memory.stat`;
- v2 (kernel: `admin-guide/cgroup-v2`): `usage_usec` of `cpu.stat` in microseconds, `cpu.max`, `memory.current`, and
  `inactive_file` of `memory.stat`.

The working set is use less inactive file cache, as the kubelet counts it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.measurements import UsageSample

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT: Final = "/sys/fs/cgroup"
_NO_LIMIT_BYTES: Final = 1 << 60
"""cgroup v1 writes "no limit" as the largest page count in bytes; no machine has this much."""
_COUNTERS: Final = 5
_CPU_UNITS_PER_S: Final = {1: 1e9, 2: 1e6}

SCRIPT: Final = r"""
root=$1; ticks=$2; shift 2
first() { found=; read -r found _ 2>/dev/null < "$1"; found=${found:--}; }
pick() {
  found=-
  while read -r key value _; do
    if [ "$key" = "$2" ]; then found=$value; return; fi
  done 2>/dev/null < "$1"
}
limits() {
  version=; memory=; cpu=; account=
  for folder in $(find "$root" -type d -name "*$1*" 2>/dev/null); do
    if [ -e "$folder/memory.current" ]; then version=2; memory=$folder; cpu=$folder; account=$folder; break; fi
    if [ -e "$folder/memory.usage_in_bytes" ]; then version=1; memory=$folder; fi
    if [ -e "$folder/cpu.cfs_quota_us" ]; then cpu=$folder; fi
    if [ -e "$folder/cpuacct.usage" ]; then account=$folder; fi
  done
  if [ -z "$memory" ] || [ -z "$cpu" ] || [ -z "$account" ]; then echo "missing $1"; return 1; fi
  if [ "$version" = 2 ]; then
    quota=-; period=-; read -r quota period 2>/dev/null < "$cpu/cpu.max"; first "$memory/memory.max"
  else
    first "$cpu/cpu.cfs_quota_us"; quota=$found; first "$cpu/cpu.cfs_period_us"; period=$found
    first "$memory/memory.limit_in_bytes"
  fi
  echo "limits $1 $version $quota $period $found"
}
use() {
  if [ "$2" = 2 ]; then
    pick "$4/cpu.stat" usage_usec; used=$found; first "$3/memory.current"; bytes=$found
    pick "$3/memory.stat" inactive_file
  else
    first "$5/cpuacct.usage"; used=$found; first "$3/memory.usage_in_bytes"; bytes=$found
    pick "$3/memory.stat" total_inactive_file
  fi
  inactive=$found; pick "$4/cpu.stat" nr_periods; periods=$found; pick "$4/cpu.stat" nr_throttled; throttled=$found
  first /proc/uptime
  echo "use $1 $found $used $bytes $inactive $periods $throttled"
}
for id; do
  shift
  if limits "$id"; then set -- "$@" "$id $version $memory $cpu $account"; fi
done
while [ "$ticks" -gt 0 ]; do
  for one; do use $one; done
  ticks=$((ticks - 1)); if [ "$ticks" -gt 0 ]; then sleep 1; fi
done
"""
"""Prints `limits ID VERSION QUOTA PERIOD BYTES` or `missing ID` for each container, then each second for each
`use ID UPTIME CPU BYTES INACTIVE PERIODS THROTTLED`; `-` stands for what could not be read. It ends by itself after
the given number of readings, so that nothing is left on the node whatever becomes of its caller."""


@dataclass(slots=True)
class Readings:
    """What was read of one container.

    Attributes:
        version: cgroup version; None: its cgroup was not found.
        cpu_limit_cores: CPU quota; None: none is set.
        memory_limit_bytes: Memory limit; None: none is set.
        samples: Readings in order; `at_s` counts from the first reading of all.
    """

    version: int | None = None
    cpu_limit_cores: float | None = None
    memory_limit_bytes: int | None = None
    samples: list[UsageSample] = field(default_factory=list)


def command(container_ids: Sequence[str], readings: int, root: str = ROOT) -> list[str]:
    """Return the argument list of the process that reads the containers once a second.

    Args:
        container_ids: Without the runtime's prefix.
        readings: How many times.
        root: Where the cgroup file systems are mounted.
    """
    return ["sh", "-c", SCRIPT, "cgroups", root, str(readings), *container_ids]


def parse(lines: Iterable[str]) -> dict[str, Readings]:
    """Read what the process printed, by container id; lines of another form (a tool's warning) are left out."""
    found: dict[str, Readings] = {}
    first_s: float | None = None
    for line in lines:
        match line.split():
            case ["missing", container]:
                found[container] = Readings()
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
