"""The health of a namespace, and why it is not well: the same readers and the same diagnosis as the gate's own."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.analysis.results import Finding, HealthReport, PodHealth, WorkloadHealth
from pytest_todo_k8s.cluster import diagnose, pod_logs
from pytest_todo_k8s.cluster.events import plain
from pytest_todo_k8s.cluster.rollout import condition, container_states, is_ready, restarts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pytest_todo_k8s.cluster.diagnose import Trouble
    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.measurements import ContainerLog
    from pytest_todo_k8s.tools.redaction import Redactor

    Object = dict[str, Any]

_WORKLOADS: Final = {"deployments": "Deployment", "statefulsets": "StatefulSet"}
_GOOD: Final = {"Available": "True", "Progressing": "True", "ReplicaFailure": "False"}
"""Conditions of a Deployment as they should be (Kubernetes documentation, "Deployments")."""
SHOWN: Final = 50
"""Warnings and bad lines kept."""


def examine(kube: Kube, namespace: str, logs: Path, redactor: Redactor) -> HealthReport:
    """Read the state of a namespace, and diagnose what is not well.

    Args:
        kube: The API; only asked.
        namespace: What to examine.
        logs: Folder for the logs that are read.
        redactor: Takes secrets out of them.

    Raises:
        KubeError: The API refused, or there was no answer.
    """
    core, pods = f"/api/v1/namespaces/{namespace}", kube.items(f"/api/v1/namespaces/{namespace}/pods")
    kube.get(core)  # a namespace that isn't there has no pods either: say so instead
    jobs = kube.items(f"/apis/batch/v1/namespaces/{namespace}/jobs")
    events = kube.items(f"{core}/events")
    sets = {kind: kube.items(f"/apis/apps/v1/namespaces/{namespace}/{path}") for path, kind in _WORKLOADS.items()}
    workloads = [
        *(_workload(kind, item) for kind, items in sets.items() for item in items),
        *(_job(job) for job in jobs),
    ]
    scanned = pod_logs.collect(kube, namespace, pods, logs, redactor)
    idle = _idle_services(kube, namespace)
    findings = [_finding(each, kube, namespace) for each in _troubles(pods, workloads, jobs, events)]
    findings += [_silent_service(name) for name in idle if not findings]
    findings += _log_findings(scanned)
    return HealthReport(
        namespace=namespace,
        at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        healthy=not findings and all(each.ready >= each.wanted and each.current for each in workloads),
        workloads=workloads,
        pods=[_pod(pod) for pod in pods],
        idle_services=idle,
        warnings=[_warning(event) for event in events if event.get("type") != "Normal"][:SHOWN],
        log_lines=sum(log.lines for log in scanned),
        bad_lines=[redactor.clean(hit.line) for log in scanned for hit in log.hits][:SHOWN],
        findings=[_redacted(each, redactor) for each in findings],
    )


def as_text(report: HealthReport) -> str:
    """Return the report for a terminal: verdict, findings with their next step, workloads, pods."""
    lines = [f"{report.namespace}: {'healthy' if report.healthy else 'NOT healthy'} ({report.source}, {report.at})"]
    for each in report.findings:
        lines += [f"  {each.reason}  {each.cause}", f"    -> {each.next_step}"]
    lines += [f"  {each.name}: {each.ready} of {each.wanted} ready {'; '.join(each.conditions)}".rstrip()
              for each in report.workloads]  # fmt: skip
    lines += [f"  {_pod_line(each)}" for each in report.pods]
    lines += [f"  service without a ready endpoint: {name}" for name in report.idle_services]
    lines.append(
        f"  logs: {report.log_lines} lines, {len(report.bad_lines)} bad; {len(report.warnings)} Warning events"
    )
    return "\n".join([*lines, *([report.text] if report.text else [])])


def _pod_line(pod: PodHealth) -> str:
    took = f", Ready {pod.start_to_ready_s:.0f} s after its start" if pod.start_to_ready_s is not None else ""
    more = [*pod.waiting, *pod.last_end]
    return f"pod {pod.name}: {pod.phase}, {pod.restarts} restarts{took}{': ' if more else ''}{'; '.join(more)}"


def _workload(kind: str, item: Mapping[str, Any]) -> WorkloadHealth:
    status, spec = item.get("status") or {}, item.get("spec") or {}
    generation = item["metadata"].get("generation", 0)
    return WorkloadHealth(
        name=f"{kind}/{item['metadata']['name']}",
        wanted=int(spec.get("replicas", 1)),
        ready=int(status.get("readyReplicas") or 0),
        current=int(status.get("observedGeneration") or 0) >= generation,
        conditions=[
            f"{each['type']} is {each['status']}: {plain(str(each.get('message') or ''))}"
            for each in status.get("conditions") or []
            if each["status"] != _GOOD.get(each["type"], each["status"])
        ],
    )


def _job(job: Mapping[str, Any]) -> WorkloadHealth:
    status, spec = job.get("status") or {}, job.get("spec") or {}
    failed = condition(job, "Failed")
    return WorkloadHealth(
        name=f"Job/{job['metadata']['name']}",
        wanted=int(spec.get("completions") or 1),
        ready=int(status.get("succeeded") or 0),
        current=True,
        conditions=[f"Failed: {plain(str(failed.get('message') or ''))}"] if failed.get("status") == "True" else [],
    )


def _pod(pod: Mapping[str, Any]) -> PodHealth:
    status = pod.get("status") or {}
    states = container_states(pod)
    waits = [((each.get("state") or {}).get("waiting") or {}, each["name"]) for each in states]
    ends = [((each.get("lastState") or {}).get("terminated") or {}, each["name"]) for each in states]
    return PodHealth(
        name=pod["metadata"]["name"],
        phase=str(status.get("phase", "Unknown")),
        ready=is_ready(pod) or status.get("phase") == "Succeeded",
        restarts=restarts(pod),
        waiting=[f"{name} waits: {plain(str(wait.get('reason')))}" for wait, name in waits if wait],
        last_end=[
            f"{name} ended before: {plain(str(end.get('reason')))}, status {end.get('exitCode')}"
            for end, name in ends
            if end
        ],
        start_to_ready_s=_start_to_ready(pod),
    )


def _start_to_ready(pod: Mapping[str, Any]) -> float | None:
    began, ready = (pod.get("status") or {}).get("startTime"), condition(pod, "Ready")
    if not began or ready.get("status") != "True" or not ready.get("lastTransitionTime"):
        return None
    return (dt.datetime.fromisoformat(ready["lastTransitionTime"]) - dt.datetime.fromisoformat(began)).total_seconds()


def _troubles(
    pods: Iterable[Object], workloads: Iterable[WorkloadHealth], jobs: Iterable[Object], events: list[Object]
) -> list[Trouble]:
    """Ask the gate's own diagnosis about every pod and workload that is not up, each kind of trouble once."""
    poor = [pod for pod in pods if not is_ready(pod) and (pod.get("status") or {}).get("phase") != "Succeeded"]
    short = [each.name.partition("/")[2] for each in workloads if each.ready < each.wanted]
    found = diagnose.troubles(poor, short, jobs, events)
    told = {trouble.about.partition("/")[0] for trouble in found}
    found += diagnose.late([pod for pod in poor if pod["metadata"]["name"] not in told], events)
    return _distinct(found)


def _finding(trouble: Trouble, kube: Kube, namespace: str) -> Finding:
    cause, hint = diagnose.sentence([trouble], kube, namespace)
    return Finding(about=trouble.about, reason=trouble.code, cause=cause, next_step=hint)


def _distinct(found: Iterable[Trouble]) -> list[Trouble]:
    return list({(each.about, each.code): each for each in found}.values())


def _idle_services(kube: Kube, namespace: str) -> list[str]:
    """Name the services with a selector that have no ready endpoint."""
    path = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    served = {
        (item["metadata"].get("labels") or {}).get("kubernetes.io/service-name")
        for item in kube.items(path)
        for endpoint in item.get("endpoints") or []
        if (endpoint.get("conditions") or {}).get("ready", True)
    }
    services = kube.items(f"/api/v1/namespaces/{namespace}/services")
    return sorted(
        item["metadata"]["name"]
        for item in services
        if (item.get("spec") or {}).get("selector") and item["metadata"]["name"] not in served
    )


def _silent_service(name: str) -> Finding:
    return Finding(
        about=f"Service/{name}",
        reason="NoEndpoints",
        cause=f"the service {name} has no ready endpoint, though no pod is in trouble",
        next_step="compare its selector with the pods' labels, in the chart",
    )


def _log_findings(logs: Iterable[ContainerLog]) -> list[Finding]:
    return [
        Finding(
            about=f"{log.pod}/{log.container}",
            reason="LogErrors",
            cause=f"the {log.kind} log of {log.container} in pod {log.pod} has {len(log.hits)} bad lines, "
            f"the first: {plain(log.hits[0].line)}",
            next_step=f"read {log.file or 'its log'}",
        )
        for log in logs
        if log.hits
    ]


def _warning(event: Mapping[str, Any]) -> str:
    about = event.get("involvedObject") or {}
    return f"{about.get('kind')}/{about.get('name')} {event.get('reason')}: {plain(str(event.get('message') or ''))}"


def _redacted(finding: Finding, redactor: Redactor) -> Finding:
    return finding.model_copy(update={"cause": redactor.clean(finding.cause)})
