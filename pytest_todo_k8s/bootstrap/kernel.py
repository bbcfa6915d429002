"""Kernel limits that a node full of watching processes runs into."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from pytest_todo_k8s.bootstrap.record import Record
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, missing, present

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.site import Site

SETTINGS: Final = {"fs/inotify/max_user_instances": 1024, "fs/inotify/max_user_watches": 524288}
"""Least values; with the kernel's own 128 instances, systemd in the node stops with "too many open files"."""
FOLDER: Final = Path("/proc/sys")


@dataclass(frozen=True)
class KernelStep:
    """Raises inotify limits until the next start of the machine."""

    site: Site
    folder: Path = FOLDER
    name: ClassVar[str] = "kernel"
    title: ClassVar[str] = "raise the kernel's inotify limits"
    cost: ClassVar[Cost] = Cost(seconds=1)
    remedy: ClassVar[str] = (
        "ask whoever runs this machine for fs.inotify.max_user_instances=1024 and fs.inotify.max_user_watches=524288"
    )

    def state(self) -> State:
        """Read them."""
        low = self._low()
        text = ", ".join(f"{name.replace('/', '.')} is {value}" for name, value in low.items())
        return missing(text) if low else present("inotify limits are high enough")

    def run(self, progress: Progress) -> None:
        """Write the least values, after recording the old ones."""
        low = self._low()
        Record.change(self.site.cache, kernel=low | self.site.record.kernel)
        for name in low:
            progress.say(f"{name.replace('/', '.')} = {SETTINGS[name]}")
            (self.folder / name).write_text(f"{SETTINGS[name]}\n", encoding="ascii")

    def _low(self) -> dict[str, int]:
        values = {name: int((self.folder / name).read_text(encoding="ascii")) for name in SETTINGS}
        return {name: value for name, value in values.items() if value < SETTINGS[name]}


def restore(site: Site, folder: Path = FOLDER) -> tuple[str, ...]:
    """Put back the values that were there before; return the settings changed."""
    before = site.record.kernel
    for name, value in before.items():
        (folder / name).write_text(f"{value}\n", encoding="ascii")
    return tuple(f"{name.replace('/', '.')} = {value}" for name, value in before.items())
