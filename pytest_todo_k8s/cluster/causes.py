"""The table of causes: why a workload does not come up, in words, and what to do about it.

Codes are Kubernetes' own reasons where it has one (kubelet, scheduler and controllers; Kubernetes documentation, "Debug
Pods"). A document on troubleshooting is generated from this table, so that it can't tell anything else than a run does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why a workload does not come up.

    Attributes:
        code: Names it; Kubernetes' reason where there is one.
        sentence: What is told, without a full stop: `{about}` is the thing that is concerned, `{said}` what Kubernetes
            says of it.
        remedy: What to do.
        patience_s: Seconds it may last before it counts as final; 0 where waiting helps nothing.
        log: Whether the end of the container's log says more.
    """

    code: str
    sentence: str
    remedy: str
    patience_s: float
    log: bool = False


_TABLE: Final = (
    # --- images ---
    Cause(
        "ErrImageNeverPull",
        "{about} does not start: its image is not on the node, and the pull policy forbids to fetch it: {said}",
        "compare the chart's image repository and tag with what the load phase brought to the node",
        0.0,
    ),
    Cause(
        "ImagePullBackOff",
        "{about} does not start: its image can't be pulled: {said}",
        "compare the chart's image repository, tag and pull policy with what the load phase brought to the cluster, "
        "and let the nodes reach the registry",
        0.0,
    ),
    Cause(
        "ErrImagePull",
        "{about} does not start: its image can't be pulled: {said}",
        "compare the chart's image repository, tag and pull policy with what the load phase brought to the cluster, "
        "and let the nodes reach the registry",
        4.0,
    ),
    Cause(
        "InvalidImageName",
        "{about} does not start: its image has a name that can't be: {said}",
        "correct the image's repository and tag in the chart's values",
        0.0,
    ),
    # --- containers that can't be made or started ---
    Cause(
        "CreateContainerConfigError",
        "{about} does not start: a part of its configuration is missing: {said}",
        "add that key to the Secret or ConfigMap, or correct the reference in the chart",
        6.0,
    ),
    Cause(
        "CreateContainerError",
        "{about} can't be made: {said}",
        "correct the container's command or mounts in the chart",
        8.0,
    ),
    Cause(
        "RunContainerError",
        "{about} can't be started: {said}",
        "correct the container's command in the chart or the image's entry point",
        8.0,
    ),
    Cause(
        "StartError",
        "{about} can't be started: {said}",
        "correct the container's command in the chart or the image's entry point",
        0.0,
    ),
    # --- containers that end ---
    Cause(
        "CrashLoopBackOff",
        "{about} ends again and again, last with status {said}",
        "read the container's whole log in the output folder, below logs/pods",
        0.0,
        log=True,
    ),
    Cause(
        "OOMKilled",
        "{about} was killed because it needs more memory than its limit{said}",
        "raise its memory limit in the chart's values, or make it need less",
        0.0,
        log=True,
    ),
    Cause(
        "KilledByProbe",
        "{about} is started again and again, because its probe fails: {said}",
        "correct the probe's path, port or times in the chart, or what the application answers there",
        0.0,
        log=True,
    ),
    Cause(
        "ProbeRefused",
        "{about} runs, and answers its probe with a refusal: {said}",
        "correct the probe's path in the chart, or what the application answers there",
        5.0,
        log=True,
    ),
    Cause(
        "Evicted",
        "{about} was evicted from its node: {said}",
        "let it write and need less, raise its limits, or free memory and disk on the node",
        0.0,
    ),
    Cause(
        "JobFailed",
        "{about} failed: {said}",
        "read the logs of its pods in the output folder, below logs/pods",
        0.0,
        log=True,
    ),
    # --- pods that are not made or not placed ---
    Cause(
        "Unschedulable",
        "{about} fits on no node: {said}",
        "give the cluster more CPU or memory, or lower the requests and node rules in the chart",
        8.0,
    ),
    Cause(
        "QuotaExceeded",
        "{about} may make no more pods, the namespace's quota is used up: {said}",
        "raise the ResourceQuota, or lower replicas and requests in the chart's values",
        3.0,
    ),
    Cause(
        "PodSecurity",
        "{about} may not make its pods, they break the namespace's pod security level: {said}",
        "correct the securityContext in the chart",
        3.0,
    ),
    Cause(
        "AdmissionRefused",
        "{about} may not make its pods, an admission rule of the cluster refuses them: {said}",
        "correct the chart, or the policy, webhook or LimitRange that refuses its pods",
        3.0,
    ),
    Cause(
        "ServiceAccountMissing",
        "{about} can't make its pods, their service account is not there: {said}",
        "make that ServiceAccount, or correct its name in the chart",
        6.0,
    ),
    Cause(
        "FailedCreate",
        "{about} can't make its pods: {said}",
        "correct the chart",
        5.0,
    ),
    Cause(
        "FailedCreatePodSandBox",
        "{about} gets no network: {said}",
        "look at the cluster's network plug-in (its pods in kube-system, /etc/cni/net.d on the node)",
        20.0,
    ),
    # --- volumes ---
    Cause(
        "StorageClassMissing",
        "{about} gets no volume, the cluster has no such storage class: {said}",
        "name a storage class of the cluster (`kubectl get storageclass`) in the chart's values",
        3.0,
    ),
    Cause(
        "ProvisioningFailed",
        "{about} gets no volume: {said}",
        "look at the cluster's storage class and provisioner",
        30.0,
    ),
    Cause(
        "PendingVolume",
        "{about} waits for a volume: {said}",
        "look at the claim (`kubectl describe pvc`) and at the cluster's storage class and provisioner",
        30.0,
    ),
    Cause(
        "MountSourceMissing",
        "{about} can't mount what is not there: {said}",
        "make that Secret, ConfigMap or claim, or correct its name or key in the chart",
        8.0,
    ),
    Cause(
        "FailedMount",
        "{about} can't mount a volume: {said}",
        "correct the volume in the chart: its Secret, ConfigMap or claim",
        30.0,
    ),
    Cause(
        "FailedAttachVolume",
        "{about} gets its volume not attached: {said}",
        "look at the cluster's storage: the volume may still be attached elsewhere",
        30.0,
    ),
    # --- none of these ---
    Cause(
        "NotReady",
        "{about} is not Ready: {said}",
        "read its log in the output folder, below logs/pods, and its probes in the chart",
        0.0,
        log=True,
    ),
)

CAUSES: Final[Mapping[str, Cause]] = {cause.code: cause for cause in _TABLE}
"""All causes by their codes, in the order in which a document shows them."""
