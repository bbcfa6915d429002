"""Executables that stand in for docker, minikube, kubectl and helm: shell scripts that note how they were called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Stubs:
    """A folder of such executables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "stubs"
        self.folder.mkdir()
        self._names: list[str] = []

    def add(self, name: str, body: str) -> None:
        """Add or replace one; `body` is shell, in which `$*` are the arguments."""
        file = self.folder / name
        file.write_text(f'#!/bin/sh\necho "$*" >>"{self.folder}/{name}.calls"\n{body}\n', encoding="utf-8")
        file.chmod(0o755)
        if name not in self._names:
            self._names.append(name)

    def calls(self, name: str) -> list[str]:
        """Return the arguments of each call so far."""
        file = self.folder / f"{name}.calls"
        return file.read_text(encoding="utf-8").splitlines() if file.exists() else []

    def toolchain(self, bases: Mapping[str, str] | None = None) -> Toolchain:
        return Toolchain(paths={name: self.folder / name for name in self._names}, bases=bases or {})

    def commands(self) -> CommandRunner:
        return CommandRunner({"PATH": f"{self.folder}:/usr/bin:/bin"})


def cases(*pairs: tuple[str, str]) -> str:
    """Return shell that acts by the whole argument line: (pattern, commands)."""
    branches = "\n".join(f"  {pattern}) {commands} ;;" for pattern, commands in pairs)
    return f'case "$*" in\n{branches}\n  *) echo "unexpected: $*" >&2; exit 64 ;;\nesac'


def prints(text: str) -> str:
    """Return shell that prints text as it is."""
    return f"cat <<'END_OF_TEXT'\n{text}\nEND_OF_TEXT\n"
