from __future__ import annotations

from pytest_todo_k8s.cluster.rollout import Rollout
from pytest_todo_k8s.cluster.workloads import workloads
from tests.unit.cluster.release import earlier, manifests, pod, state, up


def rollout() -> Rollout:
    return Rollout(workloads(manifests()), "app")


def test_nothing_seen_is_not_complete() -> None:
    follower = rollout()
    assert not follower.complete
    assert follower.missing == ["todo-frontend (0 of 2)", "todo-postgres (0 of 1)", "todo-migrate-1 (0 of 1)"]
    assert follower.short == ["todo-frontend", "todo-postgres", "todo-migrate-1"]


def test_complete_with_the_last_pod() -> None:
    follower = rollout()
    for second, each in enumerate(up()):
        assert not follower.complete
        follower.see("ADDED", each, float(second))
    assert follower.complete
    assert (follower.missing, follower.short, list(follower.waiting())) == ([], [], [])
    assert [(each.app, each.ready_s, each.finished_s) for each in follower.pods] == [
        ("todo-frontend", 0.0, None),
        ("todo-frontend", 1.0, None),
        ("todo-postgres", 2.0, None),
        ("todo-migrate", None, 3.0),
    ]


def test_the_first_ready_counts_and_keeps_its_conditions() -> None:
    follower = rollout()
    name = "todo-postgres-0"
    follower.see("ADDED", pod(name, "todo-postgres"), 1.0)
    follower.see("MODIFIED", pod(name, "todo-postgres", "Running"), 2.0)
    follower.see("MODIFIED", pod(name, "todo-postgres", "Running", ready=True), 3.0)
    later = pod(name, "todo-postgres", "Running", ready=True, containerStatuses=[state("postgres", 2)])
    later["status"]["conditions"][0]["lastTransitionTime"] = "2026-01-01T00:09:00Z"
    follower.see("MODIFIED", later, 4.0)
    seen = follower.pods[0]
    assert (seen.running_s, seen.ready_s, seen.restarts) == (2.0, 3.0, 2)
    assert seen.conditions["Ready"] == "2026-01-01T00:00:07Z"
    assert seen.image_ids == {"postgres": "sha256:postgres"}


def test_a_job_is_done_when_a_pod_succeeded_whatever_came_before() -> None:
    follower = Rollout(workloads(manifests()[3:]), "app")
    follower.see("ADDED", pod("todo-migrate-1-a", "todo-migrate", "Failed"), 1.0)
    assert not follower.complete
    assert [each["metadata"]["name"] for each in follower.waiting()] == ["todo-migrate-1-a"]
    follower.see("ADDED", pod("todo-migrate-1-b", "todo-migrate", "Running", ready=True), 2.0)
    assert not follower.complete
    follower.see("MODIFIED", pod("todo-migrate-1-b", "todo-migrate", "Succeeded"), 3.0)
    assert follower.complete


def test_pods_of_the_revision_before_do_not_count() -> None:
    follower = Rollout(workloads(manifests()), "app", upgrades=True)
    for each in map(earlier, up()):
        follower.see("ADDED", each, 0.0)
    assert (follower.complete, follower.pods, follower.live) == (False, [], {})
    for each in up():
        follower.see("ADDED", each, 1.0)
    assert follower.complete
    assert [each.name for each in follower.pods] == [each["metadata"]["name"] for each in up()]
    assert all(follower.before(earlier(each)) for each in up())
    assert not any(follower.before(each) for each in up())
    other_job = pod("todo-migrate-0-x", "todo-other", "Succeeded")
    assert not follower.before(earlier(other_job))


def test_pods_that_leave_or_are_not_ours_do_not_count() -> None:
    follower = rollout()
    for each in up():
        follower.see("ADDED", each, 1.0)
    ending = pod("todo-postgres-0", "todo-postgres", "Running", ready=True)
    ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:09Z"
    follower.see("MODIFIED", ending, 2.0)
    assert follower.missing == ["todo-postgres (0 of 1)"]
    follower.see("DELETED", ending, 3.0)
    follower.see("ADDED", pod("todo-probe", "todo-probe", "Running", ready=True), 3.0)
    assert follower.short == ["todo-postgres"]
    assert len(follower.pods) == 4
