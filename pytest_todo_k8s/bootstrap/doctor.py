"""What the gate needs (tasks T001-T009, T011 and T064): found or not, where, good or not, remedy."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pytest_todo_k8s.bootstrap.browser import BrowserStep
from pytest_todo_k8s.bootstrap.cluster import ClusterStep
from pytest_todo_k8s.bootstrap.handover import tools
from pytest_todo_k8s.bootstrap.kubernetes_api import Api
from pytest_todo_k8s.bootstrap.metrics import MetricsStep
from pytest_todo_k8s.bootstrap.plan import Plan, plan
from pytest_todo_k8s.bootstrap.programs import Program, dockers, fit_docker, helms, kubectls, minikubes, on_path
from pytest_todo_k8s.options import DEFAULT_NAMESPACE
from pytest_todo_k8s.ownership import MANAGED_BY, MANAGER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.bootstrap.site import Site


DATABASE_TIMEOUT_S: Final = 5.0
DATABASE_PORT: Final = 5432
QUERY_TIMEOUT_S: Final = 20.0
SETUP: Final = "run `todo-k8s setup`"
MODEL_KEYS: Final = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY")


@dataclass(frozen=True)
class Finding:
    """One prerequisite.

    Attributes:
        task: Number in the task list.
        subject: What it is about.
        good: Whether it is as needed.
        found: What was found, and where; others of the same name that are not used.
        remedy: What to do when it is not good; empty when it is.
        optional: Whether the gate works without it.
    """

    task: str
    subject: str
    good: bool
    found: str
    remedy: str = ""
    optional: bool = False


def examine(site: Site) -> tuple[Finding, ...]:
    """Look at every prerequisite; nothing is changed.

    Raises:
        SetupError: There is no way to a cluster on this machine.
    """
    chosen = plan(site)
    used = tools(site, chosen)
    return (
        _docker(site),
        _minikube(site, chosen, used),
        _kubectl(site, chosen, used),
        _metrics(site, chosen),
        _gordon(site),
        _assistant(site, "T005", "kubectl-ai", "optional: no criterion depends on it"),
        _assistant(site, "T006", "kagent", "optional: no criterion depends on it"),
        _helm(site, used),
        _namespace(site, chosen),
        Finding("T009", "context", True, "each run uses a kubeconfig of its own, whose context names its namespace"),
        _database(site),
        _browser(site),
    )


def _docker(site: Site) -> Finding:
    found, used = dockers(site), fit_docker(site)
    others = _others(found, used)
    if used:
        return Finding("T001", "docker", True, f"{used.version} at {used.path}, engine {used.engine}{others}")
    if not found:
        return Finding("T001", "docker", False, "not on PATH", SETUP)
    problem = found[0].unfit or found[0].engine_error
    return Finding(
        "T001", "docker", False, f"{found[0].version} at {found[0].path}: {problem}{_others(found, found[0])}", SETUP
    )


def _minikube(site: Site, chosen: Plan, used: dict[str, dict[str, str]]) -> Finding:
    others = _others(minikubes(site), chosen.minikube.found)
    if "minikube" not in used:
        return Finding("T002", "minikube", False, f"not on PATH, not in {site.toolchain}{others}", SETUP)
    state = ClusterStep(site, chosen.minikube).state()
    text = f"{_tool(used, 'minikube')}, {state.reason}{others}"
    return Finding("T002", "minikube", state.done, text, "" if state.done else SETUP)


def _kubectl(site: Site, chosen: Plan, used: dict[str, dict[str, str]]) -> Finding:
    found = kubectls(site, chosen.minikube.kubernetes_version())
    kubectl = chosen.minikube.kubectl()
    if kubectl is None:
        return Finding("T003", "kubectl", False, f"none that fits the cluster{_others(found, None)}", SETUP)
    others = _others(found, next((program for program in found if program.path == kubectl), None))
    problem = Api(site, kubectl).ready() if site.kubeconfig.exists() else "there is no cluster of set-up's yet"
    text = f"{_tool(used, 'kubectl')}, {problem or 'reaches the cluster'}{others}"
    return Finding("T003", "kubectl", not problem, text, SETUP if problem else "")


def _metrics(site: Site, chosen: Plan) -> Finding:
    state = MetricsStep(site, chosen.minikube).state()
    return Finding("T003", "metrics", state.done, state.reason, "" if state.done else SETUP)


def _gordon(site: Site) -> Finding:
    docker = fit_docker(site)
    path = docker.path if docker else next(iter(on_path(site, "docker")), None)
    answer = path and site.runner.run((path, "ai", "version"), timeout_s=QUERY_TIMEOUT_S, check=False)
    if answer and answer.ok:
        return Finding("T004", "docker ai", True, f"{answer.stdout.strip() or 'answers'}, by {path}", optional=True)
    hint = "only Docker Desktop has it; optional: no criterion depends on it"
    return Finding("T004", "docker ai", False, "not there", hint, optional=True)


def _assistant(site: Site, task: str, name: str, otherwise: str) -> Finding:
    path = next(iter(on_path(site, name)), None)
    keys = [key for key in MODEL_KEYS if site.environment.get(key)]
    if path is None:
        return Finding(task, name, False, "not on PATH", f"install it if you want it; {otherwise}", optional=True)
    if not keys:
        return Finding(
            task, name, False, f"{path}, no key of a model", f"set one of {', '.join(MODEL_KEYS)}", optional=True
        )
    return Finding(task, name, True, f"{path}, with {', '.join(keys)}", optional=True)


def _helm(site: Site, used: dict[str, dict[str, str]]) -> Finding:
    found = helms(site)
    if "helm" not in used:
        return Finding("T007", "helm", False, f"not on PATH, not in {site.toolchain}{_others(found, None)}", SETUP)
    others = _others(found, next((program for program in found if str(program.path) == used["helm"]["path"]), None))
    return Finding("T007", "helm", True, _tool(used, "helm") + others)


def _namespace(site: Site, chosen: Plan) -> Finding:
    kubectl = chosen.minikube.kubectl()
    namespace = None
    if kubectl and site.kubeconfig.exists():
        namespace = Api(site, kubectl).get(f"/api/v1/namespaces/{DEFAULT_NAMESPACE}")
    if namespace is None:
        return Finding("T008", "namespace", True, f"{DEFAULT_NAMESPACE} is free; each run makes it and removes it")
    if (namespace["metadata"].get("labels") or {}).get(MANAGED_BY) == MANAGER:
        return Finding("T008", "namespace", True, f"{DEFAULT_NAMESPACE} belongs to a run of the gate")
    remedy = "delete it if nobody needs it, or give runs another name by --todo-namespace=auto"
    return Finding("T008", "namespace", False, f"{DEFAULT_NAMESPACE} is there and not the gate's", remedy)


def _database(site: Site) -> Finding:
    address = site.environment.get("DATABASE_URL")
    if not address:
        return Finding("T011", "database", True, "in-cluster PostgreSQL, as DATABASE_URL is not set")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or DATABASE_PORT
        socket.create_connection((host, port), DATABASE_TIMEOUT_S).close()
    except (OSError, ValueError) as error:
        # The address holds a password: it is not repeated, only the host.
        remedy = "correct DATABASE_URL, or unset it for PostgreSQL in the cluster"
        return Finding("T011", "database", False, f"DATABASE_URL can't be reached: {type(error).__name__}", remedy)
    return Finding("T011", "database", True, f"DATABASE_URL, {host} port {port} accepts connections")


def _browser(site: Site) -> Finding:
    state = BrowserStep(site).state()
    return Finding("T064", "browser", state.done, state.reason, "" if state.done else SETUP)


def _tool(used: dict[str, dict[str, str]], name: str) -> str:
    return f"{used[name]['version']} at {used[name]['path']}"


def _others(found: Sequence[Program], used: Program | None) -> str:
    """Name what else there is of the same name, and why it is not used."""
    texts = [
        f"{program.path} {program.version}" + (f" ({program.unfit})" if program.unfit else "")
        for program in found
        if used is None or program.path != used.path
    ]
    return f"; not used: {', '.join(texts)}" if texts else ""


def as_text(findings: Sequence[Finding]) -> str:
    """Return one line for each finding."""
    lines = []
    for each in findings:
        word = "good" if each.good else ("absent" if each.optional else "BAD")
        lines.append(
            f"{each.task}  {each.subject:<10} {word:<7} {each.found}" + (f" -> {each.remedy}" if each.remedy else "")
        )
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    """Return the findings as a JSON array of objects with the attributes' names."""
    return json.dumps([asdict(each) for each in findings], indent=2)
