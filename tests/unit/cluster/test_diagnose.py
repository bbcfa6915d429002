from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.cluster import diagnose
from pytest_todo_k8s.cluster.causes import CAUSES
from pytest_todo_k8s.cluster.kube import Kube, KubeError
from tests.unit.cluster.release import Manifest, pod, state

if TYPE_CHECKING:
    from collections.abc import Mapping

FRONTEND = "todo-frontend-5c9d7f6b8-x2x2x"
NO_KEY = "couldn't find key JWT_SECRET in Secret ns/todo-app-secrets"


class FakeKube(Kube):
    def __init__(self, logs: Mapping[str, str]) -> None:
        self._logs = logs

    def text(self, path: str, *, limit_bytes: int = 0, timeout_s: float = 0, **query: object) -> str:
        assert limit_bytes <= diagnose.LOG_BYTES
        assert timeout_s <= diagnose.LOG_TIMEOUT_S
        assert path.startswith("/api/v1/namespaces/ns/pods/")
        if str(query["previous"]) not in self._logs:
            raise KubeError(400, "BadRequest", "previous terminated container not found")
        return self._logs[str(query["previous"])]


def told(
    pods: list[Manifest],
    *,
    jobs: list[Manifest] | None = None,
    events: list[Manifest] | None = None,
    short: list[str] | None = None,
    **logs: str,
) -> tuple[str, str]:
    found = diagnose.troubles(pods, short or [], jobs or [], events or [])
    return diagnose.sentence(found, FakeKube(logs), "ns") if found else ("", "")


def waiting(reason: str, message: str = "", **parts: Any) -> Manifest:
    return contains(state("frontend", waiting={"reason": reason, "message": message}, **parts))


def contains(status: Manifest) -> Manifest:
    return pod(FRONTEND, "todo-frontend", containerStatuses=[status])


def unplaced(message: str) -> Manifest:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return pod(FRONTEND, "todo-frontend", conditions=[condition])


def event(kind: str, name: str, reason: str, message: str, level: str = "Warning", **more: Any) -> Manifest:
    about = {"kind": kind, "name": name, **({"fieldPath": more.pop("field")} if "field" in more else {})}
    return {"type": level, "reason": reason, "message": message, "involvedObject": about, **more}


def probe(message: str, reason: str = "Unhealthy", **more: Any) -> Manifest:
    return event("Pod", FRONTEND, reason, message, field="spec.containers{frontend}", **more)


def refused_pods(message: str) -> Manifest:
    return event("ReplicaSet", "todo-frontend-5c9", "FailedCreate", message)


FAILED_JOB = {
    "metadata": {"name": "todo-migrate-1"},
    "status": {
        "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "limit"}]
    },
}
LIMITED = {"limits": {"memory": "64Mi"}}
STARTING = waiting("ContainerCreating")
REFUSED = "Startup probe failed: HTTP probe failed with statuscode: 404"
Case = tuple[str, list[Manifest], list[Manifest], str]
CASES: list[Case] = [
    ("ErrImageNeverPull", [waiting("ErrImageNeverPull", '"todo:x" is not present')], [], '"todo:x" is not present'),
    ("ImagePullBackOff", [waiting("ImagePullBackOff", image="todo:x")], [], "can't be pulled: todo:x"),
    ("ErrImagePull", [waiting("ErrImagePull", "no such host")], [], "no such host"),
    ("InvalidImageName", [waiting("InvalidImageName", "couldn't parse")], [], "couldn't parse"),
    ("CreateContainerConfigError", [waiting("CreateContainerConfigError", NO_KEY)], [], NO_KEY),
    ("CreateContainerError", [waiting("CreateContainerError", "no command")], [], "no command"),
    ("RunContainerError", [waiting("RunContainerError", "exec failed")], [], "exec failed"),
    (
        "StartError",
        [waiting("CrashLoopBackOff", last={"exitCode": 128, "reason": "StartError", "message": "no such file"})],
        [],
        "can't be started: no such file",
    ),
    ("CrashLoopBackOff", [waiting("CrashLoopBackOff", last={"exitCode": 3})], [], "last with status 3"),
    (
        "OOMKilled",
        [waiting("CrashLoopBackOff", last={"exitCode": 137, "reason": "OOMKilled"})],
        [],
        "more memory than its limit",
    ),
    (
        "OOMKilled",
        [contains({**state("frontend", running={}, last={"reason": "OOMKilled"}), "resources": LIMITED})],
        [],
        "more memory than its limit of 64Mi",
    ),
    (
        "KilledByProbe",
        [waiting("CrashLoopBackOff", last={"exitCode": 143})],
        [
            probe(REFUSED, lastTimestamp="2026-01-01T00:00:01Z"),
            probe("Container frontend failed startup probe, will be restarted", "Killing", level="Normal"),
        ],
        REFUSED,
    ),
    (
        "ProbeRefused",
        [contains(state("frontend", running={}))],
        [
            probe(REFUSED, lastTimestamp="2026-01-01T00:00:02Z"),
            probe("Startup probe failed: connection refused", lastTimestamp="2026-01-01T00:00:01Z"),
        ],
        "statuscode: 404",
    ),
    (
        "Evicted",
        [pod(FRONTEND, "todo-frontend", "Failed", reason="Evicted", message='exceeds the limit "256Mi"')],
        [],
        "evicted from its node: exceeds the limit",
    ),
    ("Unschedulable", [unplaced("0/1 nodes are available: 1 Insufficient cpu.")], [], "1 Insufficient cpu."),
    ("PendingVolume", [unplaced("pod has unbound immediate PersistentVolumeClaims.")], [], "waits for a volume"),
    ("MountSourceMissing", [unplaced('persistentvolumeclaim "data" not found')], [], '"data" not found'),
    ("ServiceAccountMissing", [], [refused_pods('error looking up service account ns/x: "x" not found')], '"x"'),
    ("QuotaExceeded", [], [refused_pods('pods "x" is forbidden: exceeded quota: q, requested: pods=1')], "quota: q"),
    ("PodSecurity", [], [refused_pods('pods "x" is forbidden: violates PodSecurity "restricted:v1.34"')], "violates"),
    ("AdmissionRefused", [], [refused_pods('admission webhook "w" denied the request: no')], 'webhook "w"'),
    ("AdmissionRefused", [], [refused_pods("pods is forbidden: maximum cpu usage per Container is 1")], "maximum cpu"),
    ("FailedCreate", [], [refused_pods("Internal error occurred")], "Internal error"),
    (
        "FailedCreatePodSandBox",
        [STARTING],
        [event("Pod", FRONTEND, "FailedCreatePodSandBox", "no networks found")],
        "gets no network: no networks found",
    ),
    (
        "StorageClassMissing",
        [STARTING],
        [event("PersistentVolumeClaim", "data", "ProvisioningFailed", 'storageclass.storage.k8s.io "x" not found')],
        '"x" not found',
    ),
    (
        "StorageClassMissing",
        [STARTING],
        [event("PersistentVolumeClaim", "data", "FailedBinding", "no storage class is set", "Normal")],
        "no storage class is set",
    ),
    ("ProvisioningFailed", [STARTING], [event("PersistentVolumeClaim", "data", "ProvisioningFailed", "full")], "full"),
    (
        "MountSourceMissing",
        [STARTING],
        [event("Pod", FRONTEND, "FailedMount", 'secret "todo-postgres-secrets" not found')],
        'secret "todo-postgres-secrets" not found',
    ),
    (
        "MountSourceMissing",
        [STARTING],
        [event("Pod", FRONTEND, "FailedMount", "references non-existent secret key: CA")],
        "non-existent secret key: CA",
    ),
    ("FailedMount", [STARTING], [event("Pod", FRONTEND, "FailedMount", "wrong fs type")], "wrong fs type"),
    ("FailedAttachVolume", [STARTING], [event("Pod", FRONTEND, "FailedAttachVolume", "Multi-Attach")], "Multi-Attach"),
]


@pytest.mark.parametrize(("code", "pods", "events", "said"), CASES)
def test_each_cause(code: str, pods: list[Manifest], events: list[Manifest], said: str) -> None:
    found = diagnose.troubles(pods, ["todo-frontend"], [], events)
    assert [each.code for each in found] == [code]
    assert said in found[0].cause
    assert found[0].cause.endswith(f" ({code})")
    assert found[0].remedy == CAUSES[code].remedy


def test_every_cause_of_the_table_is_tested() -> None:
    assert {code for code, *_ in CASES} | {"JobFailed", "NotReady"} == set(CAUSES)


def test_the_table_is_fit_for_a_document() -> None:
    for code, cause in CAUSES.items():
        assert cause.code == code
        assert cause.sentence.startswith("{about} ")
        assert "{said}" in cause.sentence
        assert cause.remedy
        assert not (cause.sentence + cause.remedy).endswith((".", ";"))
        assert not cause.remedy.endswith((".", ";"))
        assert 0.0 <= cause.patience_s <= 30.0


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_what_is_still_starting_is_no_trouble(reason: str) -> None:
    assert told([waiting(reason)]) == ("", "")


@pytest.mark.parametrize(
    ("last", "earlier"),
    [
        ("Readiness probe failed: HTTP probe failed with statuscode: 503", REFUSED),
        ("Startup probe failed: Get http://10.0.0.1/: connection refused", REFUSED),
    ],
)
def test_an_answer_that_may_still_become_good_is_no_trouble(last: str, earlier: str) -> None:
    events = [
        probe(earlier, lastTimestamp="2026-01-01T00:00:01Z"),
        probe(last, lastTimestamp="2026-01-01T00:00:03Z"),
    ]
    assert told([contains(state("frontend", running={}))], events=events) == ("", "")


def test_a_probe_that_killed_an_earlier_container_of_the_pod_is_not_blamed_on_another() -> None:
    killed = probe("Container other failed liveness probe", "Killing") | {
        "involvedObject": {"kind": "Pod", "name": FRONTEND, "fieldPath": "spec.containers{other}"}
    }
    assert "(CrashLoopBackOff)" in told([waiting("CrashLoopBackOff", last={"exitCode": 1})], events=[killed])[0]


def test_a_cluster_that_adds_a_node_is_waited_for() -> None:
    scaling = event("Pod", FRONTEND, "TriggeredScaleUp", "pod triggered scale-up", "Normal")
    assert told([unplaced("0/1 nodes are available")], events=[scaling]) == ("", "")


def test_a_crash_brings_the_end_of_its_log() -> None:
    crashed = waiting("CrashLoopBackOff", last={"exitCode": 1})
    assert "its log ends: \\ no / database" in told([crashed], true="\x1b[31m\\ no\x07\ndatabase\n")[0]
    assert "its log ends: now" in told([crashed], true="", false="now")[0]
    lost = "unable to retrieve container logs for containerd://ac61"
    assert "its log ends: now" in told([crashed], true=lost, false="now")[0]
    assert "log" not in told([crashed])[0]


def test_init_containers_are_read_too() -> None:
    status = state("prepare", waiting={"reason": "ErrImageNeverPull", "message": "absent"})
    assert "container prepare of pod" in told([pod(FRONTEND, "todo-frontend", initContainerStatuses=[status])])[0]


def test_replicas_with_the_same_trouble_are_told_once() -> None:
    other = waiting("ErrImageNeverPull", "absent")
    other["metadata"]["name"] = "todo-frontend-5c9d7f6b8-z4z4z"
    cause, _ = told([waiting("ErrImageNeverPull", "absent"), other])
    assert cause.count("absent") == 1
    assert FRONTEND in cause


def test_an_event_that_comes_again_is_told_once() -> None:
    again = [refused_pods(f"exceeded quota by {name}") for name in "abc"]
    assert told([], events=again, short=["todo-frontend"])[0] == (
        "ReplicaSet/todo-frontend-5c9 may make no more pods, the namespace's quota is used up: exceeded quota by a "
        "(QuotaExceeded)"
    )


def test_at_most_three_causes_are_told() -> None:
    pods = []
    for number in range(5):
        each = waiting("ErrImageNeverPull", f"image {number} is absent")
        each["metadata"]["name"] = f"pod-{number}"
        pods.append(each)
    cause, _ = told(pods)
    assert cause.count("is absent") == 3
    assert cause.index("image 0") < cause.index("image 2")
    assert cause.endswith("; and 2 more")


@pytest.mark.parametrize(
    ("said", "told_of"),
    [
        (event("ReplicaSet", "todo-frontend-5c9", "FailedCreate", 'pods "x" is forbidden: exceeded quota: q'), True),
        (event("ReplicaSet", "todo-backend-5c9", "FailedCreate", "exceeded quota: q"), False),
        (event("Pod", FRONTEND, "FailedMount", "failed to sync cache: timed out waiting for the condition"), False),
        (event("ReplicaSet", "todo-frontend-5c9", "FailedCreate", "quota", level="Normal"), False),
        (event("Pod", FRONTEND, "FailedMount", 'secret "todo-postgres-secrets" not found'), True),
        (event("Pod", "another", "FailedMount", "secret not found"), False),
        (event("Pod", FRONTEND, "Unhealthy", "Startup probe failed"), False),
        (event("PersistentVolumeClaim", "data", "ProvisioningFailed", "no storage class"), True),
    ],
)
def test_events_count_while_their_object_is_missing(said: Manifest, told_of: bool) -> None:
    cause, hint = told([STARTING], events=[said], short=["todo-frontend"])
    assert (str(said["message"]) in cause) is told_of
    assert bool(hint) is told_of


def test_a_failed_job_brings_the_log_of_its_last_attempt() -> None:
    attempt = pod("todo-migrate-1-zzzzz", "todo-migrate", "Failed")
    cause, _ = told([attempt], jobs=[FAILED_JOB], true="", false="schema 7 is broken")
    failed = "job todo-migrate-1 failed: limit (BackoffLimitExceeded) (JobFailed)"
    assert cause == f"{failed}; its log ends: schema 7 is broken"
    assert told([], jobs=[FAILED_JOB])[0] == failed
    assert told([attempt], jobs=[{"metadata": {"name": "x"}, "status": {}}]) == ("", "")


def test_pods_that_are_only_late() -> None:
    running = pod(FRONTEND, "todo-frontend", "Running", containerStatuses=[state("frontend", running={})])
    found = diagnose.late(
        [running, {"metadata": {"name": "b"}}],
        [probe("Readiness probe failed:\n404"), event("Pod", FRONTEND, "Pulled", "already present", "Normal")],
    )
    assert [each.cause for each in found] == [
        f"pod {FRONTEND} is not Ready: it is Running, Readiness probe failed: 404 (NotReady)",
        "pod b is not Ready: it is Unknown (NotReady)",
    ]
    assert [each.log for each in found] == [(FRONTEND, "frontend"), None]
