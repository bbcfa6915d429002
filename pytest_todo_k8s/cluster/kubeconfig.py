"""Reads kubeconfig files and cuts one context out of them: a private copy that no other terminal can switch.

The rules are those of kubectl: `KUBECONFIG` may name several files, the first that defines a name wins, and relative
paths count from the file they stand in (Kubernetes documentation, "Organizing Cluster Access Using kubeconfig Files").
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from pytest_todo_k8s.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PATHS: Final = {"cluster": ("certificate-authority",), "user": ("client-certificate", "client-key", "tokenFile")}


def sources(environment: Mapping[str, str], raised: Path | None) -> list[Path]:
    """Return the kubeconfig files that count.

    Args:
        environment: The caller's; its `KUBECONFIG` comes first.
        raised: The kubeconfig of the cluster that set-up raised, if it raised one.
    """
    if named := environment.get("KUBECONFIG"):
        return [Path(part).expanduser() for part in named.split(os.pathsep) if part]
    if raised:
        return [raised]
    return [Path(environment.get("HOME") or "~").expanduser() / ".kube" / "config"]


def one_context(files: Sequence[Path], context: str) -> dict[str, Any] | None:
    """Return a kubeconfig with one context, its cluster and its user, all paths absolute; None: no file defines it.

    Raises:
        ConfigError: A file can't be read, or names a cluster, a user or a certificate that is nowhere.
    """
    loaded = [(file, _load(file)) for file in files if file.exists()]
    entry = _entry(loaded, "context", context)
    if entry is None:
        return None
    parts: dict[str, Any] = {"contexts": [entry]}
    for kind in ("cluster", "user"):
        name = str((entry.get("context") or {}).get(kind, ""))
        part = _entry(loaded, kind, name)
        if part is None:
            raise ConfigError(
                f"the context {context} in {_listed(files)} names the {kind} {name!r}, which is not defined there",
                "repair it, for Minikube with `minikube update-context`",
            )
        for key in _PATHS[kind]:
            if key in part[kind] and not Path(part[kind][key]).is_file():
                raise ConfigError(
                    f"the context {context} in {_listed(files)} needs the file {part[kind][key]}, which is not there",
                    "make the cluster again, for Minikube with `todo-k8s setup`",
                )
        parts[f"{kind}s"] = [part]
    return {"apiVersion": "v1", "kind": "Config", "current-context": context, "preferences": {}, **parts}


def server(config: Mapping[str, Any]) -> str:
    """Return the API server's URL of a kubeconfig with one context."""
    return str(config["clusters"][0]["cluster"].get("server", ""))


def write_private(config: Mapping[str, Any], file: Path) -> None:
    """Write a kubeconfig that only its owner can read (0600), aside and then renamed."""
    aside = file.with_name(f"{file.name}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        yaml.safe_dump(dict(config), stream)
    aside.replace(file)


def _load(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        text = " ".join(str(error).split())
        raise ConfigError(f"the kubeconfig {file} can't be read: {text}", "repair or remove it") from None
    if not isinstance(content, dict):
        raise ConfigError(f"the kubeconfig {file} holds no mapping", "repair or remove it")
    return content


def _entry(loaded: Sequence[tuple[Path, dict[str, Any]]], kind: str, name: str) -> dict[str, Any] | None:
    """Return a named entry (`{name, cluster|context|user}`) of the first file that has it."""
    for file, content in loaded:
        for entry in content.get(f"{kind}s") or []:
            if entry.get("name") == name:
                return {"name": name, kind: _absolute(entry.get(kind) or {}, kind, file)}
    return None


def _absolute(values: Mapping[str, Any], kind: str, file: Path) -> dict[str, Any]:
    return {
        key: os.path.abspath(file.parent / str(value)) if key in _PATHS.get(kind, ()) else value  # noqa: PTH100
        for key, value in values.items()
    }


def _listed(files: Sequence[Path]) -> str:
    return ", ".join(map(str, files))
