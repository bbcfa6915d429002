"""Which docker, minikube, kubectl and helm are on PATH, and which of them are fit for use."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from packaging.version import Version

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.site import Site

QUERY_TIMEOUT_S: Final = 20.0
MINIMUM: Final = {"docker": Version("20.10"), "minikube": Version("1.34"), "helm": Version("3.14")}
"""Oldest versions that the gate is tried with."""
CLIENT_WITHOUT_BUILTIN_BUILDKIT: Final = Version("23")
"""From this version on the docker client needs the buildx plugin for BuildKit (its release notes)."""
KUBECTL_SKEW: Final = 2
"""Minor versions that kubectl may differ from the cluster; its own policy supports 1, plain verbs work with 2."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that was found.

    Attributes:
        path: Where it is.
        version: What it says of itself.
        unfit: Why it can't be used; empty when it can.
    """

    path: Path
    version: Version
    unfit: str = ""


@dataclass(frozen=True, slots=True)
class Docker(Program):
    """A docker client.

    Attributes:
        engine: Version of the engine that it reaches; empty when none answers.
        engine_error: What it said instead.
    """

    engine: str = ""
    engine_error: str = ""


def on_path(site: Site, name: str) -> tuple[Path, ...]:
    """Return every program of that name on the caller's PATH, in order, each file once."""
    found: dict[Path, Path] = {}
    for folder in site.environment["PATH"].split(os.pathsep):
        file = Path(folder or ".").absolute() / name
        if file.is_file() and os.access(file, os.X_OK):
            found.setdefault(file.resolve(), file)
    return tuple(found.values())


def parse_version(text: str) -> Version:
    """Read the first x.y or x.y.z in a text; 0 when there is none."""
    match = re.search(r"\d+\.\d+(\.\d+)?", text)
    return Version(match[0]) if match else Version("0")


def dockers(site: Site) -> tuple[Docker, ...]:
    """Look at every docker client on PATH; needs no engine."""
    return tuple(_docker(site, path) for path in on_path(site, "docker"))


def fit_docker(site: Site) -> Docker | None:
    """Return the first client that reaches an engine and can use BuildKit; once found it is not looked for again."""
    known: Docker | None = site.known.get("docker")
    if known is None:
        known = next((docker for docker in dockers(site) if docker.engine and not docker.unfit), None)
        if known:
            site.known["docker"] = known
    return known


def _docker(site: Site, path: Path) -> Docker:
    result = site.runner.run([path, "version", "--format", "{{json .}}"], timeout_s=QUERY_TIMEOUT_S, check=False)
    answer = _json(result.stdout)
    version = parse_version(str((answer.get("Client") or {}).get("Version", "")))
    engine = str((answer.get("Server") or {}).get("Version", ""))
    error = "" if engine else (result.stderr.strip().splitlines() or ["no answer"])[-1]
    return Docker(path, version, _docker_unfit(site, path, version), engine, error)


def _docker_unfit(site: Site, path: Path, version: Version) -> str:
    if version < MINIMUM["docker"]:
        return f"older than {MINIMUM['docker']}"
    if version >= CLIENT_WITHOUT_BUILTIN_BUILDKIT:
        buildx = site.runner.run([path, "buildx", "version"], timeout_s=QUERY_TIMEOUT_S, check=False)
        if not buildx.ok:
            return "has no buildx plugin, so it can't use BuildKit"
    return ""


def has_compose(site: Site) -> bool:
    """Tell whether there is `docker-compose`, or a docker client that knows `docker compose`."""
    if on_path(site, "docker-compose"):
        return True
    asked = (
        site.runner.run([path, "compose", "version"], timeout_s=QUERY_TIMEOUT_S, check=False)
        for path in on_path(site, "docker")
    )
    return any(answer.ok for answer in asked)


def minikubes(site: Site) -> tuple[Program, ...]:
    """Look at every minikube on PATH."""
    return _asked(site, "minikube", ("version", "--short"))


def helms(site: Site) -> tuple[Program, ...]:
    """Look at every helm on PATH."""
    return _asked(site, "helm", ("version", "--short"))


def _asked(site: Site, name: str, question: tuple[str, ...]) -> tuple[Program, ...]:
    found = []
    for path in on_path(site, name):
        result = site.runner.run([path, *question], timeout_s=QUERY_TIMEOUT_S, check=False)
        version = parse_version(result.stdout)
        unfit = "" if version >= MINIMUM[name] else f"older than {MINIMUM[name]}"
        found.append(Program(path, version, unfit if result.ok else "does not run"))
    return tuple(found)


def kubectls(site: Site, cluster: Version | None) -> tuple[Program, ...]:
    """Look at every kubectl on PATH.

    Args:
        site: Where to look.
        cluster: Version of the cluster it is to talk to; None when that is not known yet.
    """
    found = []
    for path in on_path(site, "kubectl"):
        result = site.runner.run([path, "version", "--client", "-o", "json"], timeout_s=QUERY_TIMEOUT_S, check=False)
        version = parse_version(str((_json(result.stdout).get("clientVersion") or {}).get("gitVersion", "")))
        unfit = "" if result.ok else "does not run"
        if not unfit and cluster and abs(version.minor - cluster.minor) > KUBECTL_SKEW:
            unfit = f"more than {KUBECTL_SKEW} minor versions from the cluster's {cluster}"
        found.append(Program(path, version, unfit))
    return tuple(found)


def fit(programs: tuple[Program, ...]) -> Program | None:
    """Return the first that can be used."""
    return next((program for program in programs if not program.unfit), None)


def _json(text: str) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
