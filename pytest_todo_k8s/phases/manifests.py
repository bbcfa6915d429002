"""Validation of the chart (SC-009): by Helm, by golden rules, and by the API server itself."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

import yaml

from pytest_todo_k8s.application import nested
from pytest_todo_k8s.cluster import pod_rules, schemas
from pytest_todo_k8s.cluster.drift import drift
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.objects import Kinds, foreign, title
from pytest_todo_k8s.cluster.workloads import Workload, workloads
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measurements import CONTROL, Check, Manifests
from pytest_todo_k8s.ownership import BOUNDS
from pytest_todo_k8s.tools.helm import Chart, Helm, HelmError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pytest_todo_k8s.application import Values
    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.context import RunContext

_POLICY: Final = "violates PodSecurity"
"""What the pod security admission says (Kubernetes: PodSecurity admission controller)."""


def release(context: RunContext) -> tuple[Helm, Chart]:
    """Return Helm and the chart as this run installs it.

    Raises:
        PhaseError: Preflight has not described the cluster.
    """
    machine = context.evidence.machine
    if machine is None:
        raise PhaseError("deploy", "nothing is known of the cluster", "let the preflight phase run first")
    helm = Helm(context.toolchain, context.commands, context.cluster.kubeconfig, context.cluster.context)
    settings = context.settings
    return helm, Chart(settings.chart, settings.application.release, settings.namespace, machine.kubernetes)


def rendered(helm: Helm, chart: Chart, values: Sequence[Path], into: Manifests) -> list[dict[str, Any]]:
    """Lint and render the chart with every values file it brings, and with the values of this run.

    Args:
        helm: The helm command.
        chart: The chart as this run installs it.
        values: The values files of this run; the last one names the images.
        into: Gets a check for each call.

    Returns:
        The manifests of this run.

    Raises:
        HelmError: They can't be rendered.
    """
    images = values[-1]
    for file in [None, *sorted(chart.folder.glob("values-*.yaml"))]:
        own, name = ([file], file.name) if file else ([], "values.yaml")
        _helm_check(into, f"lint: {name}", lambda own=own: helm.lint(chart, own))
        _helm_check(into, f"template: {name}", lambda own=own: helm.template(chart, [*own, images]))
    manifests = helm.template(chart, values)
    into.rendered = [title(manifest) for manifest in manifests]
    return manifests


def refusals(helm: Helm, chart: Chart, values: Sequence[Path], wrongs: Mapping[str, Values], into: Manifests) -> None:
    """Prove that the chart's schema refuses values that are wrong, so that its consent means something.

    Args:
        helm: The helm command.
        chart: The chart.
        values: The values files of this run; the wrong ones come to stand beside the last.
        wrongs: By what is wrong with them.
        into: Gets a check for each.
    """
    for what, wrong in wrongs.items():
        file = values[-1].with_name("wrong-values.yaml")
        file.write_text(yaml.safe_dump(nested(wrong)), encoding="utf-8")
        try:
            helm.template(chart, [*values, file])
            into.checks.append(Check(name=f"schema refuses {what}", ok=False, detail="it was accepted"))
        except HelmError as error:
            by_schema = "schema" in error.cause or "at '/" in error.cause
            into.checks.append(Check(name=f"schema refuses {what}", ok=by_schema, detail=error.cause))
        finally:
            file.unlink()


def rules(manifests: Sequence[Mapping[str, Any]], secret_keys: Iterable[str], into: Manifests) -> None:
    """Check the golden rules on the rendered manifests; variables named as keys of Secrets must come from there."""
    into.checks += pod_rules.check(manifests, secret_keys)


def offline(manifests: Sequence[Mapping[str, Any]], kubernetes: str, into: Manifests) -> None:
    """Check the rendered manifests by the schemas of the cluster's version, where these are installed."""
    if schemas.available():
        into.checks += schemas.check(manifests, kubernetes)


def server_side(
    kube: Kube,
    namespace: str,
    manifests: Sequence[Mapping[str, Any]],
    into: Manifests,
    *,
    existing: bool = False,
) -> list[str]:
    """Let the API server judge every object by a strict dry run; nothing is stored.

    The namespace's pod security judges pods only, not the workloads that make them: so each pod template goes as a
    pod too. A pod that must be refused goes first: if the server takes it, its consent to the others proves nothing.

    Args:
        kube: The API.
        namespace: Where the objects go.
        manifests: The objects.
        into: Gets a check for each call.
        existing: They may be there already: then each is judged as the change that it would be.

    Returns:
        What it refused, one sentence each.
    """
    kinds = Kinds(kube)
    into.checks.append(_control_probe(kube, namespace))
    ask = _would_change if existing else _dry_run
    checks = [ask(kube, kinds, namespace, f"dry-run: {title(each)}", _admissible(each)) for each in manifests]
    for workload in workloads(manifests):
        name = f"dry-run: pod of {workload.kind}/{workload.name}"
        checks.append(_dry_run(kube, kinds, namespace, name, _as_pod(workload, namespace)))
    into.checks += checks
    return [f"{check.name.removeprefix('dry-run: ')}: {check.detail}" for check in checks if not check.ok]


def compare_live(context: RunContext) -> None:
    """Note the live objects that are not of the release or not what it says, and what it takes of the quota.

    Raises:
        TodoK8sError: Helm or the API fails.
    """
    checked = context.evidence.manifests
    if checked is not None:
        helm, chart = release(context)
        kinds, released = Kinds(context.kube), helm.released(chart)
        checked.foreign = foreign(kinds.live(chart.namespace), released)
        checked.changed = drift(context.kube, kinds, chart.namespace, released)
        checked.checks.append(_quota(context.kube, chart.namespace))


def _quota(kube: Kube, namespace: str) -> Check:
    """Read from the ResourceQuota's own count that it judged the pods: one that counts nothing admits everything."""
    name = "bounds: the release fits the namespace's ResourceQuota"
    for quota in kube.items(f"/api/v1/namespaces/{namespace}/resourcequotas"):
        if quota["metadata"]["name"] == BOUNDS:
            status = quota.get("status") or {}
            hard, used = status.get("hard") or {}, status.get("used") or {}
            counted = used.get("pods", "0") != "0" and hard.keys() == used.keys()
            shown = ", ".join(f"{key} {used[key]} of {hard[key]}" for key in sorted(hard) if key in used)
            return Check(name=name, ok=counted, detail=shown or "it has counted nothing")
    return Check(name=name, ok=False, detail="the namespace has none")


def _helm_check(into: Manifests, name: str, call: Any) -> None:
    try:
        call()
        into.checks.append(Check(name=name, ok=True))
    except HelmError as error:
        into.checks.append(Check(name=name, ok=False, detail=error.cause))


def _dry_run(kube: Kube, kinds: Kinds, namespace: str, name: str, manifest: Mapping[str, Any]) -> Check:
    try:
        kube.create(kinds.collection(manifest, namespace), manifest, dry_run=True)
    except KubeError as error:
        return Check(name=name, ok=False, detail=error.message)
    return Check(name=name, ok=True)


def _would_change(kube: Kube, kinds: Kinds, namespace: str, name: str, manifest: Mapping[str, Any]) -> Check:
    try:
        kube.would_apply(f"{kinds.collection(manifest, namespace)}/{manifest['metadata']['name']}", manifest)
    except KubeError as error:
        return Check(name=name, ok=False, detail=error.message)
    return Check(name=name, ok=True)


def _control_probe(kube: Kube, namespace: str) -> Check:
    """Send a pod that is privileged and otherwise in order, which the namespace's pod security must refuse."""
    name = f"{CONTROL}: a dry run of a privileged pod is refused"
    amounts = {"cpu": "10m", "memory": "16Mi", "ephemeral-storage": "16Mi"}
    container = {
        "name": "control",
        "image": "control",
        "resources": {"requests": amounts, "limits": amounts},
        "securityContext": {"privileged": True, "runAsUser": pod_rules.LOWEST_USER},
    }
    security = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "todo-control", "namespace": namespace},
        "spec": {"securityContext": security, "containers": [container]},
    }
    try:
        kube.create(f"/api/v1/namespaces/{namespace}/pods", pod, dry_run=True)
    except KubeError as error:
        return Check(name=name, ok=_POLICY in error.message, detail=error.message)
    return Check(name=name, ok=False, detail="it was accepted: pod security is not enforced by this cluster")


def _admissible(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a manifest as it can be judged before the release is there: a pod with the account that is."""
    if manifest["kind"] != "Pod":
        return manifest
    return {**manifest, "spec": {**manifest["spec"], "serviceAccountName": "default"}}


def _as_pod(workload: Workload, namespace: str) -> dict[str, Any]:
    """Make a pod of a workload's template, with the account that is there before the chart is."""
    spec = copy.deepcopy(dict(workload.template["spec"]))
    spec["serviceAccountName"] = "default"
    spec.setdefault("restartPolicy", "Always")
    labels = (workload.template.get("metadata") or {}).get("labels") or {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{workload.name}-dry-run", "namespace": namespace, "labels": labels},
        "spec": spec,
    }
