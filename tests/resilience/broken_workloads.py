"""Workloads that can't come up, each for one cause; they run on the base image of the backend."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

Manifest = dict[str, Any]
APP = "broken"
NOWHERE = "127.0.0.1:1/nowhere:1"
COLLECTIONS = {
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "PersistentVolumeClaim": "/api/v1/namespaces/{}/persistentvolumeclaims",
    "ResourceQuota": "/api/v1/namespaces/{}/resourcequotas",
    "LimitRange": "/api/v1/namespaces/{}/limitranges",
}


@dataclass(frozen=True)
class Broken:
    """One cause, provoked.

    Attributes:
        name: What is broken, in one word; part of the namespace's name.
        codes: The causes that may be told of it, keys of `causes.CAUSES`.
        said: Part of the sentence that shows the cause was found, and not only its class.
        pod: Changes to the pod's spec.
        container: Changes to the container.
        extra: Objects made before the workload.
        kind: `Deployment` or `Job`.
        quick: Whether Kubernetes itself tells of it within seconds and nothing is gained by patience.
    """

    name: str
    codes: tuple[str, ...]
    said: str
    pod: Manifest = field(default_factory=dict)
    container: Manifest = field(default_factory=dict)
    extra: tuple[Manifest, ...] = ()
    kind: str = "Deployment"
    quick: bool = True

    def manifest(self, image: str) -> Manifest:
        """The workload's manifest."""
        spec = copy.deepcopy(_POD) | copy.deepcopy(self.pod)
        spec["containers"][0] |= {"image": image, "imagePullPolicy": "IfNotPresent"} | self.container
        for each in spec.get("initContainers", []):
            each.setdefault("image", image)
        template = {"metadata": {"labels": {"app": APP}}, "spec": spec}
        manifest: Manifest = {"kind": self.kind, "metadata": {"name": APP}, "spec": {"template": template}}
        if self.kind == "Job":
            spec["restartPolicy"] = "Never"
            return manifest | {"apiVersion": "batch/v1", "spec": {"backoffLimit": 0, "template": template}}
        manifest["spec"] |= {"replicas": 1, "selector": {"matchLabels": {"app": APP}}}
        return manifest | {"apiVersion": "apps/v1"}


def python(code: str) -> list[str]:
    return ["python3", "-c", code]


def obj(kind: str, name: str, **parts: Any) -> Manifest:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **parts}


def claim(storage_class: str) -> Manifest:
    return obj(
        "PersistentVolumeClaim",
        "data",
        spec={
            "storageClassName": storage_class,
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Mi"}},
        },
    )


SLEEP = python("import time; time.sleep(600)")
SAFE: Manifest = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
_POD: Manifest = {
    "automountServiceAccountToken": False,
    "terminationGracePeriodSeconds": 1,
    "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [
        {
            "name": APP,
            "command": SLEEP,
            "securityContext": SAFE,
            "resources": {
                "requests": {"cpu": "10m", "memory": "16Mi"},
                "limits": {"cpu": "200m", "memory": "64Mi", "ephemeral-storage": "16Mi"},
            },
        }
    ],
}
SERVER = python("from http.server import *; HTTPServer(('', 8000), SimpleHTTPRequestHandler).serve_forever()")
HOG = python("x = []\nwhile True: x.append(bytearray(b'x' * 1048576))")
FILLER = python("open('/data/x', 'wb').write(b'x' * 8388608); import time; time.sleep(600)")
DIES = python("import sys; print('no database at db:5432', file=sys.stderr); sys.exit(3)")
NEVER_READY: Manifest = {"tcpSocket": {"port": 9}, "initialDelaySeconds": 60}
"""A container that comes up for a moment must not count as up; and no word of a probe is to be told."""
MOUNTS_CLAIM: Manifest = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}

BROKEN = (
    Broken(
        "never-pull",
        ("ErrImageNeverPull",),
        "todo-k8s/absent:1",
        container={"image": "todo-k8s/absent:1", "imagePullPolicy": "Never"},
    ),
    Broken("pull", ("ErrImagePull", "ImagePullBackOff"), NOWHERE, container={"image": NOWHERE}),
    Broken("image-name", ("InvalidImageName",), "Wrong//Name", container={"image": "Wrong//Name"}),
    Broken(
        "secret-key",
        ("CreateContainerConfigError",),
        "couldn't find key JWT_SECRET in Secret",
        container={"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "settings", "key": "JWT_SECRET"}}}]},
        extra=(obj("Secret", "settings", stringData={"OTHER": "x"}),),
    ),
    Broken(
        "config-map",
        ("CreateContainerConfigError",),
        'configmap "absent" not found',
        container={"envFrom": [{"configMapRef": {"name": "absent"}}]},
    ),
    Broken(
        "command", ("StartError", "RunContainerError"), "/no/such/program", container={"command": ["/no/such/program"]}
    ),
    Broken(
        "crash",
        ("CrashLoopBackOff",),
        "status 3 (CrashLoopBackOff); its log ends: no database",
        container={"command": DIES, "readinessProbe": NEVER_READY},
    ),
    Broken(
        "init-crash",
        ("CrashLoopBackOff",),
        "container prepare of pod",
        pod={"initContainers": [{"name": "prepare", "command": DIES, "securityContext": SAFE}]},
        quick=False,  # the kubelet tells of an init container's back-off only with its third end, after 10 s of it
    ),
    Broken(
        "memory",
        ("OOMKilled",),
        "more memory than its limit",
        container={"command": HOG, "readinessProbe": NEVER_READY},
    ),
    Broken(
        "cpu",
        ("Unschedulable",),
        "Insufficient cpu",
        container={"resources": {"requests": {"cpu": "900"}, "limits": {"cpu": "900"}}},
    ),
    Broken("node", ("Unschedulable",), "node affinity/selector", pod={"nodeSelector": {"disk": "none"}}),
    Broken(
        "quota",
        ("QuotaExceeded",),
        "exceeded quota: none",
        extra=(obj("ResourceQuota", "none", spec={"hard": {"pods": "0"}}),),
    ),
    Broken(
        "pod-security",
        ("PodSecurity",),
        "privileged",
        container={"securityContext": SAFE | {"allowPrivilegeEscalation": True, "privileged": True}},
    ),
    Broken(
        "limit-range",
        ("AdmissionRefused",),
        "maximum memory usage per Container",
        extra=(obj("LimitRange", "small", spec={"limits": [{"type": "Container", "max": {"memory": "20Mi"}}]}),),
    ),
    Broken(
        "service-account",
        ("ServiceAccountMissing",),
        'serviceaccount "absent" not found',
        pod={"serviceAccountName": "absent"},
    ),
    Broken("no-claim", ("MountSourceMissing",), 'persistentvolumeclaim "data" not found', pod=MOUNTS_CLAIM),
    Broken("storage-class", ("StorageClassMissing",), '"absent" not found', pod=MOUNTS_CLAIM, extra=(claim("absent"),)),
    Broken("no-class", ("StorageClassMissing",), "no storage class is set", pod=MOUNTS_CLAIM, extra=(claim(""),)),
    Broken(
        "secret-volume",
        ("MountSourceMissing",),
        'secret "absent" not found',
        pod={"volumes": [{"name": "s", "secret": {"secretName": "absent"}}]},
        container={"volumeMounts": [{"name": "s", "mountPath": "/s"}]},  # the kubelet waits for what is mounted alone
    ),
    Broken(
        "probe-404",
        ("ProbeRefused",),
        "statuscode: 404",
        container={
            "command": SERVER,
            "readinessProbe": {"httpGet": {"path": "/absent", "port": 8000}, "periodSeconds": 1},
        },
    ),
    Broken(
        "probe-kill",
        ("KilledByProbe",),
        "connection refused",
        container={
            "startupProbe": {"tcpSocket": {"port": 9}, "periodSeconds": 1, "failureThreshold": 2},
        },
    ),
    Broken("job", ("JobFailed",), "its log ends: no database", container={"command": DIES}, kind="Job"),
    Broken(
        "eviction",
        ("Evicted",),
        "exceeds the limit",
        pod={"volumes": [{"name": "data", "emptyDir": {"sizeLimit": "1Mi"}}]},
        container={
            "command": FILLER,
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
            "readinessProbe": NEVER_READY,
        },
        quick=False,
    ),
)
"""What is not provoked here needs a cluster with other parts: FailedAttachVolume (a volume that is attached),
FailedCreatePodSandBox (a broken network plug-in), ProvisioningFailed and PendingVolume (a provisioner that fails or
hangs), CreateContainerError and FailedMount (a broken runtime or disk)."""
