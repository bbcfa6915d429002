"""Reads the cgroup of the container it runs in, once a second: `python3 -c SOURCE ROOT READINGS own ID`.

It prints what `cgroups.parse` reads, as `cgroups.sh` does, in a container that has Python and no shell. What it uses
itself counts as the container's, so it imports as little as can be; any Python from 3.7 on will do.
"""

from __future__ import annotations

import os
import sys
import time


def main(root: str, readings: int, container: str) -> None:
    """Print the limits and then `readings` readings, or that there is no cgroup."""
    v2 = os.path.exists(root + "/memory.current")  # noqa: PTH110  pathlib costs memory, here and below
    files = _V2 if v2 else _V1
    memory, cpu, account = (_holding(root, files[name]) for name in ("memory", "cpu", "account"))
    if not (memory and cpu and account):
        _say("missing", container)
        return
    quota, period = (_words(cpu + "/cpu.max") or ["-", "-"]) if v2 else [_first(cpu + files[each]) for each in _QUOTA]
    _say("limits", container, "2" if v2 else "1", quota, period, _first(memory + files["limit"]))
    for left in range(readings, 0, -1):
        used = _pick(cpu + "/cpu.stat", "usage_usec") if v2 else _first(account + files["account"])
        inactive = _pick(memory + "/memory.stat", files["inactive"])
        throttling = [_pick(cpu + "/cpu.stat", key) for key in ("nr_periods", "nr_throttled")]
        _say("use", container, _first("/proc/uptime"), used, _first(memory + files["memory"]), inactive, *throttling)
        if left > 1:
            time.sleep(1)


_QUOTA = ("cpu", "period")
_V1 = {
    "memory": "/memory.usage_in_bytes",
    "limit": "/memory.limit_in_bytes",
    "inactive": "total_inactive_file",
    "cpu": "/cpu.cfs_quota_us",
    "period": "/cpu.cfs_period_us",
    "account": "/cpuacct.usage",
}
_V2 = {
    "memory": "/memory.current",
    "limit": "/memory.max",
    "inactive": "inactive_file",
    "cpu": "/cpu.stat",
    "account": "/cpu.stat",
}


def _holding(root: str, file: str) -> str:
    """Return the folder that has a file: the root or one right below it; empty: none has."""
    try:
        below = [root + "/" + name for name in os.listdir(root)]  # noqa: PTH208
    except OSError:
        return ""
    return next((folder for folder in [root, *below] if os.path.exists(folder + file)), "")  # noqa: PTH110


def _words(path: str) -> list[str]:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123
            return file.read().split()
    except OSError:
        return []


def _first(path: str) -> str:
    return (_words(path) or ["-"])[0]


def _pick(path: str, key: str) -> str:
    words = _words(path)
    return words[words.index(key) + 1] if key in words else "-"


def _say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[4])
