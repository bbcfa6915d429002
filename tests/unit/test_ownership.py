from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s import ownership
from pytest_todo_k8s.ownership import Owner
from pytest_todo_k8s.settings import ClusterChoice
from tests.unit.running import run_context

if TYPE_CHECKING:
    from pathlib import Path

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@pytest.fixture
def owner() -> Owner:
    return Owner.of_this_process(ClusterChoice("minikube", "todo-k8s"))


@pytest.fixture
def namespace(tmp_path: Path) -> dict[str, Any]:
    return ownership.namespace_manifest(run_context(tmp_path), kubernetes_minor="v1.34")


def test_run_ids_are_labels_and_differ() -> None:
    owners = [Owner.of_this_process(ClusterChoice("minikube", "x")) for _ in range(1000)]
    assert len({owner.run_id for owner in owners}) == 1000
    assert all(LABEL.fullmatch(owner.run_id) for owner in owners)


def test_this_process_is_alive(owner: Owner) -> None:
    assert not owner.dead
    assert owner.cluster == "minikube:todo-k8s"


@pytest.mark.parametrize(
    ("change", "dead"),
    [
        ({"pid": 2**22 + 1}, True),
        ({"pid_start": "0@other-boot"}, True),
        ({"pid": 2**22 + 1, "host": "elsewhere"}, False),
        ({"host": "elsewhere", "ttl_s": 0}, True),
        ({"ttl_s": 0}, True),
    ],
)
def test_who_is_dead(owner: Owner, change: dict[str, Any], dead: bool) -> None:
    past = (dt.datetime.now(dt.UTC) - dt.timedelta(seconds=5)).isoformat()
    assert dataclasses.replace(owner, created_at=past, **change).dead is dead


def test_namespace_is_restricted_and_leads_back_to_its_run(namespace: dict[str, Any]) -> None:
    labels = namespace["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert labels["pod-security.kubernetes.io/enforce-version"] == "v1.34"
    assert f"{ownership.MANAGED_BY}={labels[ownership.MANAGED_BY]}" == ownership.SELECTOR
    found = ownership.owner_of(namespace)
    assert found
    assert found.run_id == labels[ownership.RUN_ID]
    assert not found.dead
    assert all(isinstance(value, str) for value in namespace["metadata"]["annotations"].values())


@pytest.mark.parametrize("label", [ownership.MANAGED_BY, ownership.RUN_ID])
def test_namespace_without_our_labels_is_not_ours(namespace: dict[str, Any], label: str) -> None:
    del namespace["metadata"]["labels"][label]
    assert ownership.owner_of(namespace) is None
    assert ownership.obstacle(namespace) == "the namespace test-namespace exists and was not made by todo-k8s"


ANY_TEXT_WILL_DO = ("host", "pid-start")
NUMBERS_AND_TIMES = ("created-at", "ttl-seconds", "pid")


@pytest.mark.parametrize(
    ("note", "value"),
    [
        *((note, None) for note in ANY_TEXT_WILL_DO + NUMBERS_AND_TIMES),
        *((note, value) for note in NUMBERS_AND_TIMES for value in ("", "x", "2026-01-01T00:00:00")),
    ],
)
def test_namespace_with_broken_notes_is_never_taken_for_dead(
    namespace: dict[str, Any], note: str, value: str | None
) -> None:
    notes = namespace["metadata"]["annotations"]
    notes.pop(f"todo-k8s.dev/{note}")
    if value is not None:
        notes[f"todo-k8s.dev/{note}"] = value
    assert ownership.owner_of(namespace) is None
    assert ownership.obstacle(namespace)


@pytest.mark.parametrize("namespace", [{}, {"metadata": {}}, {"metadata": {"labels": None, "annotations": None}}])
def test_bare_namespace_is_foreign(namespace: dict[str, Any]) -> None:
    assert ownership.owner_of(namespace) is None


def test_living_run_is_an_obstacle_and_a_dead_one_is_not(namespace: dict[str, Any]) -> None:
    assert "belongs to the run" in (ownership.obstacle(namespace) or "")
    namespace["metadata"]["annotations"]["todo-k8s.dev/pid"] = str(2**22 + 1)
    assert ownership.obstacle(namespace) is None
