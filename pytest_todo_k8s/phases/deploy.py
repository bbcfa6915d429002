"""Deploys the chart with Helm into a namespace of the run's own, and watches every pod until it is Ready."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster import access, events, pod_logs
from pytest_todo_k8s.cluster.forward import PortForward
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.objects import title
from pytest_todo_k8s.cluster.rollout import Rollout
from pytest_todo_k8s.cluster.startup import Startup
from pytest_todo_k8s.cluster.workloads import workloads
from pytest_todo_k8s.context import Deployment
from pytest_todo_k8s.errors import PhaseError, TodoK8sError
from pytest_todo_k8s.measurements import Deploy, Manifests
from pytest_todo_k8s.measuring import probe_pod
from pytest_todo_k8s.ownership import bounds, namespace_manifest
from pytest_todo_k8s.phases import manifests, secrets
from pytest_todo_k8s.phases.values import values_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.tools.helm import Chart, Helm
    from pytest_todo_k8s.tools.redaction import Secret

OLD_LIMIT_S: Final = 90.0
"""Twice the grace that the chart gives a pod to end."""
_POLL_S: Final = 0.5


def run(context: RunContext) -> None:
    """Validate the chart, make namespace and Secrets, install, wait for every pod, open the ways in.

    A kept deployment keeps both, and its NodePort, and is upgraded.

    Raises:
        TodoK8sError: The chart is wrong (then nothing was created), or it does not come up, with the cause.
    """
    helm, chart = manifests.release(context)
    values = _values(context)
    rendered = _validate(context, helm, chart, values)
    if context.kept:
        uid, made = context.kept.uid, secrets.take_up(context)
        probe_pod.remove(context.kube, chart.namespace)
        rendered = _upcoming(context, helm, chart, values)
    else:
        uid = _create_namespace(context, chart.kubernetes)
        made = secrets.create(context)
    _ask_server(context, rendered)
    deploy = context.evidence.deploy = Deploy(
        release=chart.release,
        revision=0,
        chart=chart.folder.name,
        namespace_uid=uid,
        start_s=context.elapsed_s(),
        helm_s=0.0,
        ready_s=None,
    )
    log_file = context.logs_dir / "helm.log"
    log_file.unlink(missing_ok=True)
    ready_s = _install(context, deploy, rendered, lambda: helm.install(chart, values, log_file))
    deploy.revision = helm.revision(chart)
    context.deployment = _open(context, made)
    context.progress(f"deploy    revision {deploy.revision}, {len(deploy.pods)} pods ready in {ready_s:.1f} s")


def _values(context: RunContext) -> list[Path]:
    """Return the values files of this run: the chart's for development, and the run's own (0600, no secrets)."""
    if context.evidence.build is None:
        raise PhaseError("deploy", "no image was built", "let the build phase run first")
    references = {image.name: context.cluster.reference(image.reference) for image in context.evidence.build.images}
    own, cluster = context.state_dir / "values.yaml", context.cluster
    node_port = (_node_port(context) if context.kept else None) or cluster.free_node_port()
    return values_files(context.settings, references, own, node_port, cluster.pull_policy)


def _validate(context: RunContext, helm: Helm, chart: Chart, values: list[Path]) -> list[dict[str, Any]]:
    """Check the chart without the cluster and return what it renders to; nothing exists yet when it fails."""
    checked = context.evidence.manifests = Manifests()
    rendered = manifests.rendered(helm, chart, values, checked)
    application = context.settings.application
    manifests.refusals(helm, chart, values, application.refused, checked)
    manifests.rules(rendered, application.secret_keys, checked)
    manifests.offline(rendered, chart.kubernetes, checked)
    return rendered


def _upcoming(context: RunContext, helm: Helm, chart: Chart, values: list[Path]) -> list[dict[str, Any]]:
    """Return what the upgrade will bring: some names hold the release's revision."""
    upcoming = helm.upcoming(chart, values)
    if context.evidence.manifests:
        context.evidence.manifests.rendered = [title(manifest) for manifest in upcoming]
    return upcoming


def _create_namespace(context: RunContext, kubernetes: str) -> str:
    """Make the run's namespace, journalled before it exists, with its bounds, and return its UID."""
    name = context.settings.namespace
    minor = ".".join(kubernetes.split(".")[:2])
    context.journal.creating("namespace", name)
    created = context.kube.create("/api/v1/namespaces", namespace_manifest(context, kubernetes_minor=minor))
    uid = str(created["metadata"]["uid"])
    context.journal.created("namespace", name, uid=uid)
    access.grant(context.kube, name, access.inside(context.cluster))
    for collection, manifest in bounds(context).items():
        context.kube.create(f"/api/v1/namespaces/{name}/{collection}", manifest)
    return uid


def _ask_server(context: RunContext, rendered: list[dict[str, Any]]) -> None:
    """Let the API server judge the manifests; what it refuses now, it would refuse Helm."""
    checked = context.evidence.manifests
    if checked is None:
        return
    there = context.kept is not None
    refused = manifests.server_side(context.kube, context.settings.namespace, rendered, checked, existing=there)
    if refused:
        more = f"; and {len(refused) - 1} more" if refused[1:] else ""
        raise PhaseError(
            "deploy", f"the API server refuses {refused[0]}{more}", f"correct the chart {context.settings.chart}"
        )


def _install(
    context: RunContext, deploy: Deploy, rendered: list[dict[str, Any]], install: Callable[[], float]
) -> float:
    """Install the release and wait for its pods; however it ends, `deploy` tells what was seen.

    Args:
        context: The run.
        deploy: Filled in.
        rendered: The chart's manifests: what must come up.
        install: Runs Helm and returns the seconds it took.

    Returns:
        Seconds from the start of Helm to the last pod Ready.
    """
    rollout = Rollout(workloads(rendered), context.settings.application.label, upgrades=context.kept is not None)
    startup = Startup(context.kube, context.settings.namespace, rollout, time.monotonic())
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            helm = pool.submit(install)
            ready_s = startup.wait(helm, context.progress)
            deploy.helm_s = helm.result()
        _await_end_of_old(context, rollout)
        deploy.ready_s = ready_s
    except TodoK8sError as error:
        clean = context.redactor.clean
        deploy.troubles = [each.model_copy(update={"cause": clean(each.cause)}) for each in startup.found]
        _keep_words(context, deploy)
        raise PhaseError("deploy", clean(error.cause), error.hint) from None
    finally:
        deploy.pods = rollout.pods
    return ready_s


def _await_end_of_old(context: RunContext, rollout: Rollout) -> None:
    """Wait until no pod of the revision before is left: what is measured from now on is that of the new one alone.

    Raises:
        PhaseError: They stay.
        KubeError: The API does not tell.
    """
    deadline_s = time.monotonic() + OLD_LIMIT_S
    while rollout.upgrades:
        pods = context.kube.items(f"/api/v1/namespaces/{context.settings.namespace}/pods")
        old = [pod["metadata"]["name"] for pod in pods if rollout.before(pod)]
        if not old:
            return
        if time.monotonic() >= deadline_s:
            raise PhaseError(
                "deploy",
                f"pods of the revision before are still there {OLD_LIMIT_S:.0f} s after the new ones were ready: "
                f"{', '.join(old)}",
                "look at what they wait for",
            )
        time.sleep(_POLL_S)


def _keep_words(context: RunContext, deploy: Deploy) -> None:
    """Keep the logs and events of a deployment that failed; that this may fail too must not hide the cause."""
    namespace, kube = context.settings.namespace, context.kube
    with contextlib.suppress(KubeError):
        deploy.events = events.warnings(events.read(kube, namespace), context.redactor)
    with contextlib.suppress(KubeError, OSError):
        pods = kube.items(f"/api/v1/namespaces/{namespace}/pods")
        folder = context.logs_dir / "pods"
        deploy.logs = pod_logs.collect(kube, namespace, pods, folder, context.redactor, tail=True)


def _open(context: RunContext, made: Mapping[str, Secret]) -> Deployment:
    """Open the ways into the deployment: the frontend's NodePort, port-forwards to backend and database if known."""
    node_port = _node_port(context)
    if node_port is None:
        name = context.settings.application.frontend.service
        raise PhaseError("deploy", f"the service {name} has no NodePort", "make it a NodePort service in the chart")
    application = context.settings.application
    backend, database, url = application.backend, application.database, context.settings.database_url
    way = PortForward(context, backend.service, backend.port) if backend.service and backend.port else None
    if database and url is None:
        forward = PortForward(context, database.service, database.port)
        url = secrets.local_database_url(database, made, forward.port)
    return Deployment(
        frontend=context.cluster.endpoint(node_port),
        backend_url=f"http://127.0.0.1:{way.port}" if way else "",
        database_url=url,
        secrets=made,
    )


def _node_port(context: RunContext) -> int | None:
    """Return the frontend's NodePort; None: it has none, or is not there."""
    name = context.settings.application.frontend.service
    try:
        service = context.kube.get(f"/api/v1/namespaces/{context.settings.namespace}/services/{name}")
    except KubeError as error:
        if error.missing:
            return None
        raise
    ports = [int(port["nodePort"]) for port in service["spec"].get("ports") or [] if port.get("nodePort")]
    return next(iter(ports), None)
