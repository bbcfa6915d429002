from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.cluster import diagnose
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
    status = state("frontend", waiting={"reason": reason, "message": message}, **parts)
    return pod(FRONTEND, "todo-frontend", containerStatuses=[status])


@pytest.mark.parametrize(
    ("found", "cause", "hint"),
    [
        (waiting("ErrImageNeverPull", 'Container image "todo:x" is not present'), '"todo:x" is not present', "tag"),
        (waiting("ImagePullBackOff", image="todo:x"), "todo:x (ImagePullBackOff)", "repository and tag"),
        (waiting("InvalidImageName", "couldn't parse"), "couldn't parse", "correct the image"),
        (waiting("CreateContainerConfigError", NO_KEY), NO_KEY, "correct the key"),
        (
            waiting("CrashLoopBackOff", last={"exitCode": 3, "reason": "Error"}),
            "ends again and again, last with status 3 (CrashLoopBackOff)",
            "whole log",
        ),
        (waiting("CrashLoopBackOff", last={"exitCode": 137, "reason": "OOMKilled"}), "more memory", "memory limit"),
        (
            pod(
                FRONTEND,
                "todo-frontend",
                conditions=[
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/1 nodes are available: 1 Insufficient cpu.",
                    }
                ],
            ),
            "can't be scheduled: 0/1 nodes are available: 1 Insufficient cpu.",
            "lower the chart's requests",
        ),
    ],
)
def test_states_of_pods(found: Manifest, cause: str, hint: str) -> None:
    said, remedy = told([found])
    assert FRONTEND in said
    assert cause in said
    assert hint in remedy


@pytest.mark.parametrize("reason", ["ContainerCreating", "PodInitializing"])
def test_what_is_still_starting_is_no_trouble(reason: str) -> None:
    assert told([waiting(reason)]) == ("", "")


def test_a_crash_brings_the_end_of_its_log() -> None:
    crashed = waiting("CrashLoopBackOff", last={"exitCode": 1})
    assert "its log ends: \\ no / database" in told([crashed], true="\x1b[31m\\ no\x07\ndatabase\n")[0]
    assert "its log ends: now" in told([crashed], true="", false="now")[0]
    assert "log" not in told([crashed])[0]


def test_init_containers_are_read_too() -> None:
    status = state("prepare", waiting={"reason": "ErrImageNeverPull", "message": "absent"})
    assert "container prepare of pod" in told([pod(FRONTEND, "todo-frontend", initContainerStatuses=[status])])[0]


def test_replicas_with_the_same_trouble_are_told_once() -> None:
    other = waiting("ErrImageNeverPull", "absent")
    other["metadata"]["name"] = "todo-frontend-5c9d7f6b8-z4z4z"
    cause, _ = told([waiting("ErrImageNeverPull", "absent"), other])
    assert cause.count("absent") == 1


def test_an_event_that_comes_again_is_told_once() -> None:
    again = [event("ReplicaSet", "todo-frontend-5c9", "FailedCreate", f"quota for {name}") for name in "abc"]
    assert (
        told([], events=again, short=["todo-frontend"])[0] == "ReplicaSet/todo-frontend-5c9: quota for a (FailedCreate)"
    )


def test_at_most_three_causes_are_told() -> None:
    pods = []
    for number in range(5):
        each = waiting("ErrImageNeverPull", f"image {number} is absent")
        each["metadata"]["name"] = f"pod-{number}"
        pods.append(each)
    cause, _ = told(pods)
    assert cause.count("is absent") == 3
    assert cause.endswith("; and 2 more")


def event(kind: str, name: str, reason: str, message: str, level: str = "Warning") -> Manifest:
    return {"type": level, "reason": reason, "message": message, "involvedObject": {"kind": kind, "name": name}}


@pytest.mark.parametrize(
    ("said", "told_of"),
    [
        (event("ReplicaSet", "todo-frontend-5c9", "FailedCreate", 'pods "x" is forbidden: exceeded quota: q'), True),
        (event("ReplicaSet", "todo-backend-5c9", "FailedCreate", "exceeded quota: q"), False),
        (event("ReplicaSet", "todo-frontend-5c9", "FailedCreate", "error looking up service account x"), False),
        (event("ReplicaSet", "todo-frontend-5c9", "FailedCreate", "quota", level="Normal"), False),
        (event("Pod", FRONTEND, "FailedMount", 'secret "todo-postgres-secrets" not found'), True),
        (event("Pod", "another", "FailedMount", "secret not found"), False),
        (event("Pod", FRONTEND, "Unhealthy", "Startup probe failed"), False),
        (event("PersistentVolumeClaim", "data", "ProvisioningFailed", "no storage class"), True),
    ],
)
def test_events_count_while_their_object_is_missing(said: Manifest, told_of: bool) -> None:
    cause, hint = told([waiting("ContainerCreating")], events=[said], short=["todo-frontend"])
    assert (str(said["message"]) in cause) is told_of
    assert bool(hint) is told_of


def test_a_failed_job_brings_the_log_of_its_last_attempt() -> None:
    failed = {
        "metadata": {"name": "todo-migrate-1"},
        "status": {
            "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "limit"}]
        },
    }
    attempt = pod("todo-migrate-1-zzzzz", "todo-migrate", "Failed")
    cause, _ = told([attempt], jobs=[failed], true="", false="schema 7 is broken")
    assert cause == "job todo-migrate-1 failed: limit (BackoffLimitExceeded); its log ends: schema 7 is broken"
    assert told([], jobs=[failed])[0] == "job todo-migrate-1 failed: limit (BackoffLimitExceeded)"
    assert told([attempt], jobs=[{"metadata": {"name": "x"}, "status": {}}]) == ("", "")


def test_pods_that_are_only_late() -> None:
    late = diagnose.late(
        [pod(FRONTEND, "todo-frontend", "Running"), {"metadata": {"name": "b"}}],
        [event("Pod", FRONTEND, "Unhealthy", "Readiness probe failed:\n404")],
    )
    assert [each.cause for each in late] == [
        f"pod {FRONTEND} is Running and not Ready, Readiness probe failed: 404",
        "pod b is Unknown and not Ready",
    ]


def test_plain_text_is_one_short_line() -> None:
    assert diagnose.plain("a\x1b[1m \n\tb\x00") == "a b"
    assert diagnose.plain("x" * 400) == "x" * 299 + "…"
