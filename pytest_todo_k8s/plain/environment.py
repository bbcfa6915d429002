"""The backend's locked dependencies in a virtual environment of their own, made once for each lock file."""

from __future__ import annotations

import hashlib
import platform
import sys
import sysconfig
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from pytest_todo_k8s.plain.aside import aside
from pytest_todo_k8s.plain.host import PlainError
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.plain.host import Host

_VENV_TIMEOUT_S: Final = 120.0
_INSTALL_TIMEOUT_S: Final = 600.0
_LOCK_TIMEOUT_S: Final = 900.0


def interpreter(host: Host, requirements: Path, cache: Path) -> Path:
    """Return the Python that has the backend's dependencies, and install them if no earlier run did.

    Args:
        host: Who needs them.
        requirements: The backend's lock file, with hashes.
        cache: Where they are kept.

    Raises:
        PlainError: They can't be installed.
    """
    folder = cache / _key(requirements)
    python = folder / "bin/python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock"), timeout=_LOCK_TIMEOUT_S):
        if not python.exists():
            host.progress("plain     installing the backend's dependencies")
            with aside(folder) as made:
                _install(host, made, requirements)
                made.rename(folder)
    return python


def _key(requirements: Path) -> str:
    """Name the environment by what decides its content: the lock file, the interpreter and the platform."""
    about = f"{platform.python_implementation()} {sys.version_info[:2]} {sysconfig.get_platform()} {sys.base_prefix}"
    return hashlib.sha256(about.encode() + requirements.read_bytes()).hexdigest()[:20]


def _install(host: Host, folder: Path, requirements: Path) -> None:
    python, log = folder / "bin/python", host.logs_dir / "plain-install.log"
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes"]
    try:
        host.commands.run([sys.executable, "-m", "venv", folder], timeout_s=_VENV_TIMEOUT_S, log_file=log)
        host.commands.run(
            [python, "-m", "pip", "install", *options, "--requirement", requirements],
            timeout_s=_INSTALL_TIMEOUT_S,
            log_file=log,
        )
    except CommandError as error:
        raise PlainError(
            f"the backend's dependencies can't be installed: {error}",
            f"see {log}; Python needs its venv module (Debian: python3-venv) and a package index that pip reaches",
        ) from None
