"""Which docker, minikube, kubectl and helm a run uses: those `todo-k8s setup` chose, else those on PATH."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import platformdirs

from pytest_todo_k8s.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA: Final = 1
DEFAULT_PROFILE: Final = "todo-k8s"
TOOLS: Final = ("docker", "minikube", "kubectl", "helm")
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chromium-headless-shell")
"""Names by which a system has a browser that playwright can drive, the preferred one first."""


def cache_root(environment: Mapping[str, str]) -> Path:
    """Return the folder for everything kept between runs: `TODO_K8S_CACHE`, else the user's cache directory."""
    chosen = environment.get("TODO_K8S_CACHE")
    return Path(chosen).expanduser().absolute() if chosen else platformdirs.user_cache_path("todo-k8s")


@dataclass(frozen=True, slots=True)
class Browser:
    """A Chromium or Chrome.

    Attributes:
        path: Its program.
        environment: Variables that its process needs.
        node: The Node that playwright's driver runs on; None: the one it brings.
    """

    path: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    node: Path | None = None

    @classmethod
    def recorded(cls, record: Mapping[str, Any]) -> Browser:
        """Take a browser as `setup.json` describes it."""
        node = record.get("node")
        return cls(Path(record["path"]), record.get("environment", {}), Path(node) if node else None)


@dataclass(frozen=True)
class Toolchain:
    """Paths of the tools and what their processes need.

    Attributes:
        paths: Tool name to absolute path; a tool that is nowhere is absent.
        versions: Tool name to version text, as far as set-up recorded it.
        environment: Variables that every child needs besides the caller's own (`MINIKUBE_HOME`, `DOCKER_BUILDKIT`...).
        kubeconfig: The kubeconfig with the cluster that set-up raised, if it raised one.
        profile: Name of the Minikube profile that set-up raised.
        bases: Build arguments for local base images; empty where the Dockerfiles' public defaults serve.
        browser: The browser; None: there is none.
    """

    paths: Mapping[str, Path]
    versions: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    kubeconfig: Path | None = None
    profile: str = DEFAULT_PROFILE
    bases: Mapping[str, str] = field(default_factory=dict)
    browser: Browser | None = None

    @classmethod
    def load(cls, environment: Mapping[str, str]) -> Toolchain:
        """Read `setup.json` in the cache; tools it lacks, or that are gone, are looked up on PATH.

        Raises:
            ConfigError: The file is there but can't be understood.
        """
        file = cache_root(environment) / "setup.json"
        recorded = _read(file)
        try:
            return cls._recorded(recorded, environment)
        except (AttributeError, KeyError, TypeError) as error:
            raise ConfigError(f"{file} lacks something: {error}", "run `todo-k8s setup` again") from None

    @classmethod
    def _recorded(cls, recorded: Mapping[str, Any], environment: Mapping[str, str]) -> Toolchain:
        tools: dict[str, dict[str, str]] = recorded.get("tools", {})
        paths: dict[str, Path] = {}
        for name in TOOLS:
            from_setup = Path(tools[name]["path"]) if name in tools else None
            found = from_setup if from_setup and os.access(from_setup, os.X_OK) else _which(name, environment)
            if found:
                paths[name] = found
        kubeconfig = recorded.get("kubeconfig")
        return cls(
            paths=paths,
            versions={name: tool["version"] for name, tool in tools.items() if name in paths},
            environment=recorded.get("environment", {}),
            kubeconfig=Path(kubeconfig) if kubeconfig else None,
            profile=recorded.get("profile", DEFAULT_PROFILE),
            bases=recorded.get("bases", {}),
            browser=_browser(recorded.get("browser"), environment),
        )

    def path(self, tool: str) -> Path:
        """Return the path of a tool.

        Raises:
            ConfigError: It is not on this machine.
        """
        if tool not in self.paths:
            raise ConfigError(f"{tool} is not on this machine", "run `todo-k8s setup`, or put it on PATH")
        return self.paths[tool]

    def child_environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the caller's environment with what the tools need, the chosen tools' folders first on PATH."""
        folders = dict.fromkeys(str(path.parent) for path in self.paths.values())
        search = os.pathsep.join([*folders, environment.get("PATH", os.defpath)])
        return {**environment, **self.environment, "PATH": search}


def _browser(recorded: Mapping[str, Any] | None, environment: Mapping[str, str]) -> Browser | None:
    """Take the browser that set-up recorded while it is there, else the first on PATH."""
    if recorded and os.access(recorded["path"], os.X_OK):
        return Browser.recorded(recorded)
    on_path = next((path for name in BROWSERS if (path := _which(name, environment))), None)
    return Browser(on_path) if on_path else None


def _which(name: str, environment: Mapping[str, str]) -> Path | None:
    found = shutil.which(name, path=environment.get("PATH", os.defpath))
    return Path(found) if found else None


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} can't be read: {error}", "run `todo-k8s setup` again") from None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise ConfigError(f"{file} is not of schema {SCHEMA}", "run `todo-k8s setup` again")
    return content
