"""`setup.json`: what set-up leaves for the plugin, which reads it in `tools/toolchain.py`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_todo_k8s.bootstrap import browser
from pytest_todo_k8s.bootstrap.bases import chosen
from pytest_todo_k8s.bootstrap.binaries import HELM, HELM_VERSION, KUBERNETES_VERSION, MINIKUBE_VERSION
from pytest_todo_k8s.bootstrap.minikube import PROFILE
from pytest_todo_k8s.bootstrap.programs import fit_docker, kubectls
from pytest_todo_k8s.bootstrap.record import write_aside
from pytest_todo_k8s.errors import SetupError
from pytest_todo_k8s.tools.toolchain import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.plan import Plan
    from pytest_todo_k8s.bootstrap.site import Site


def leave(site: Site, plan: Plan) -> Path:
    """Write the file, readable by its owner alone; return its path.

    Raises:
        SetupError: Something that the steps made is gone again.
    """
    bases = chosen(site)
    if bases is None:
        raise SetupError("handover", "the base images are not complete any more", "run `todo-k8s setup` again")
    content = {
        "schema": SCHEMA,
        "profile": PROFILE,
        "kubeconfig": str(site.kubeconfig),
        "tools": tools(site, plan),
        "environment": {"DOCKER_BUILDKIT": "1", **plan.minikube.variables()},
        "bases": dict(bases),
        "browser": browser.found(site),
    }
    file = site.cache / "setup.json"
    write_aside(file, json.dumps(content, indent=2) + "\n")
    return file


def tools(site: Site, plan: Plan) -> dict[str, dict[str, str]]:
    """Return path and version of the four tools in use; one that is not there yet is left out."""
    docker, kubectl = fit_docker(site), plan.minikube.kubectl()
    found: dict[str, dict[str, str]] = {}
    if docker:
        found["docker"] = {"path": str(docker.path), "version": str(docker.version)}
    if plan.minikube.path.is_file():
        version = f"v{plan.minikube.found.version}" if plan.minikube.found else MINIKUBE_VERSION
        found["minikube"] = {"path": str(plan.minikube.path), "version": version}
    if kubectl:
        found["kubectl"] = {"path": str(kubectl), "version": _kubectl_version(site, plan, kubectl)}
    helm = plan.helm.path if plan.helm else HELM.program(site, "helm")
    if helm.is_file():
        found["helm"] = {"path": str(helm), "version": f"v{plan.helm.version}" if plan.helm else HELM_VERSION}
    return found


def _kubectl_version(site: Site, plan: Plan, kubectl: Path) -> str:
    if plan.minikube.built:
        return KUBERNETES_VERSION
    on_path = {program.path: program.version for program in kubectls(site, None)}
    return f"v{on_path.get(kubectl, plan.minikube.kubernetes_version())}"
