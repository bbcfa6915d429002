"""What goes wrong most often, with the real phases up to that point: one sentence, exit status 10, nothing left."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.plugin.project import DOCKER
from tests.unit.cluster.api_server import api_server

if TYPE_CHECKING:
    from tests.plugin.project import Project

ROOT = Path(__file__).parents[2]
BARE = ("-p", "no:xdist", "-p", "no:html")
KUBECTL = json.dumps({"clientVersion": {"gitVersion": "v1.34.4"}})
PROFILE = {
    "Name": "todo-k8s",
    "Config": {
        "Driver": "ssh",
        "KubernetesConfig": {"ContainerRuntime": "containerd", "KubernetesVersion": "v1.34.4"},
        "Nodes": [{"IP": "192.0.2.7", "Port": 8443}],
    },
}
RUNNING = {"Host": "Running", "Kubelet": "Running", "APIServer": "Running"}
BUILD_LOG = """\
#5 [2/7] RUN pip install nothing
#5 0.412 ERROR: No matching distribution found for nothing
#5 ERROR: executor failed running [/bin/sh -c pip install nothing]: exit code: 1
"""


def _answers(project: Project, tool: str, *pairs: tuple[str, str], status: int = 0) -> None:
    """Let a tool print what belongs to the first words of its command line; anything else fails."""
    lines = [f"#!{sys.executable} -IS", "import sys", "line = ' '.join(sys.argv[1:])"]
    for words, text in pairs:
        lines += [f"if line.startswith({words!r}):", f"    print({text!r})", f"    sys.exit({status})"]
    project.tool(tool, "\n".join([*lines, "sys.exit(f'unexpected: {line}')"]))


def _machine(project: Project, engine_url: str, *profiles: object) -> None:
    """Give the project everything that preflight looks at, and the machine its tools."""
    for name in ("Dockerfiles", "app", "charts"):
        (project.path / name).symlink_to(ROOT / name)
    project.environment["PATH"] = str(project.path / "bin")
    project.environment["DOCKER_HOST"] = engine_url.replace("http", "tcp")
    _answers(project, "docker", ("version --format", "20.10.24"))
    _answers(project, "kubectl", ("version", KUBECTL))
    _answers(project, "helm", ("version", "v3.22.0"))
    _answers(
        project,
        "minikube",
        ("version", "v1.38.1"),
        ("profile list", json.dumps({"valid": profiles, "invalid": []})),
        ("status", json.dumps(RUNNING)),
    )
    project.knobs(real=["preflight", "minikube"])


def _refused(project: Project, told: str) -> None:
    """Run, and check that the run ends with that sentence and nothing else."""
    status, output = project.run(*BARE)
    assert (status, project.left()) == (10, []), output
    assert told in " ".join(output.split()), output
    assert "Traceback" not in output
    assert not project.api.requests


@pytest.mark.parametrize("tool", ["docker", "minikube", "kubectl", "helm"])
def test_missing_tool(project: Project, tool: str) -> None:
    with api_server() as engine:
        _machine(project, engine.url, PROFILE)
        (project.path / "bin" / tool).unlink()
        _refused(project, f"{tool} is not on this machine: run `todo-k8s setup`")


def test_engine_that_does_not_answer(project: Project) -> None:
    _machine(project, "http://127.0.0.1:1", PROFILE)
    _refused(project, "the container engine does not answer")


@pytest.mark.parametrize(
    ("profiles", "server", "told"),
    [
        ((), "https://192.0.2.7:8443", "there is no Minikube profile todo-k8s: run `todo-k8s setup`"),
        (
            (PROFILE,),
            "https://production.example:6443",
            "leads to https://production.example:6443, not to the Minikube",
        ),
        ((PROFILE,), "", "has no context todo-k8s"),
    ],
)
def test_kubeconfig_that_leads_elsewhere(
    project: Project, profiles: tuple[object, ...], server: str, told: str
) -> None:
    with api_server() as engine:
        for prefix in ("", "/v1.41"):
            engine.on(f"GET {prefix}/version", {"Version": "20.10.24", "ApiVersion": "1.41"})
        engine.on("GET /v1.41/info", {"Driver": "overlay2"})
        _machine(project, engine.url, *profiles)
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "u", "user": {"token": "none"}}],
            "contexts": [{"name": "todo-k8s" if server else "other", "context": {"cluster": "c", "user": "u"}}],
        }
        (project.path / "kubeconfig").write_text(json.dumps(config))
        project.environment["KUBECONFIG"] = str(project.path / "kubeconfig")
        _refused(project, told)


def test_dockerfile_that_fails(project: Project) -> None:
    with api_server() as engine:
        for prefix in ("", "/v1.41"):
            engine.on(f"GET {prefix}/version", {"Version": "20.10.24", "ApiVersion": "1.41"})
        engine.on("GET /v1.41/info", {"Driver": "overlay2"})
        _machine(project, engine.url)
        for file in (ROOT / "Dockerfiles").glob("*.Dockerfile"):
            for base in re.findall(r"^ARG \w+=(\S+)$", file.read_text(), re.MULTILINE):
                engine.on(f"GET /v1.41/images/{base}/json", {"Id": "sha256:base"})
        docker = project.path / "bin" / "docker"
        failing = f"if line.startswith('build') and 'backend.Dockerfile' in line:\n    sys.exit({BUILD_LOG!r})\n"
        slow = "if line.startswith('build'):\n    import time\n    time.sleep(3)\n"  # the backend fails first
        missing = "if line.startswith('image'):\n    sys.exit('Error: No such image')\n"
        docker.write_text(docker.read_text().replace("if line", failing + slow + missing + "if line", 1))
        project.knobs(real=["build"])
        status, output = project.run(*BARE)
    assert (status, project.left()) == (10, []), output
    assert (
        "building backend.Dockerfile ended: step '[2/7] RUN pip install nothing' failed: ERROR: No matching" in output
    )
    assert f"see {project.out / 'logs' / 'build-backend.log'} for the whole output" in output
    assert "nothing" in (project.out / "logs" / "build-backend.log").read_text()
    assert not project.api.writes


def test_chart_with_a_syntax_error(project: Project) -> None:
    complaint = "parse error at (todo-chatbot-chart/templates/x.yaml:3): unclosed action"
    _machine(project, "http://127.0.0.1:1")
    _answers(
        project, "helm", ("lint", f"[ERROR] templates/: {complaint}"), ("template", f"Error: {complaint}"), status=1
    )
    project.tool("docker", DOCKER)
    project.knobs(real=["deploy"])
    status, output = project.run(*BARE)
    assert (status, project.left()) == (1, []), "the chart is part of the product: SC-009 fails\n" + output
    assert f"deploy    FAILED: helm template: {complaint}: correct the chart" in output
    assert "Traceback" not in output
    assert not project.api.writes
