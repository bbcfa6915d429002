"""The chart on the real cluster: upgrade, rollback and rotation under requests, two releases at once, uninstall."""

from __future__ import annotations

import dataclasses
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s import sequence
from pytest_todo_k8s.bootstrap.binaries import HELM_4
from pytest_todo_k8s.phases import build
from pytest_todo_k8s.run import Run
from pytest_todo_k8s.settings import ClusterChoice, Settings
from pytest_todo_k8s.tools.redaction import generate
from pytest_todo_k8s.tools.toolchain import DEFAULT_PROFILE, Toolchain
from tests.chart.conftest import helm_toolchain
from tests.resilience.chart_release import RELEASE, ROOT, Release, note, send_during

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.settings import ImageSource

NAMESPACE = "todo-chart"
KEPT = {"PersistentVolumeClaim/todo-postgres"}
SUCCEEDED = "Phase:          Succeeded"
"""What `helm uninstall` leaves where the volume is to be retained (README of the chart)."""


def _cached(images: Callable[[Settings], tuple[ImageSource, ...]]) -> property:
    """Return the images as if none were judged, so that the builder's cache may serve."""
    return property(lambda settings: tuple(dataclasses.replace(each, judged=False) for each in images(settings)))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunContext]:
    """A run whose images are on the node; what it makes is journalled and taken down at the end."""
    out = tmp_path_factory.mktemp("out")
    settings = Settings(
        root=ROOT,
        cluster=ClusterChoice("minikube", DEFAULT_PROFILE),
        namespace=NAMESPACE,
        out=out,
        database_url=None,
        model_key=None,
        environment=dict(os.environ),
    )
    run = Run(settings, Toolchain.load(os.environ), print)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sequence, "order", lambda _settings: ("preflight", "build", "load"))
            patch.setattr(build, "_wall_s", lambda _images: 0.0)
            patch.setattr(Settings, "images", _cached(vars(Settings)["images"].fget))
            run.go()
        assert run._context
        failed = run.evidence.failed_phase()
        assert failed is None, failed
        yield run._context
    finally:
        cleanup = run.down()
        shutil.rmtree(out, ignore_errors=True)
    assert cleanup
    assert cleanup.leftovers == []


@pytest.fixture(scope="module")
def release(prepared: RunContext) -> Release:
    """A release at a published port, installed by the first test."""
    port = prepared.cluster.free_node_port()
    return Release.prepare(
        prepared, NAMESPACE, prepared.toolchain.path("helm"), frontend={"service": {"nodePort": port}}
    )


def test_upgrade_from_the_previous_version_and_rollback_lose_no_request(release: Release) -> None:
    release.install_previous()
    before = release.pods()
    every_pod = {part: {"env": {"REVISION": "2"}} for part in ("backend", "frontend")}
    seen = send_during(release.url, release.context, lambda: release.upgrade(every_pod))
    note("upgrade 0.1.0 to this version", seen)
    upgraded = release.pods()
    back = send_during(
        release.url, release.context, lambda: release.run("rollback", RELEASE, "1", "--wait", "--timeout", "180s")
    )
    note("rollback", back)
    for one, other in ((before, upgraded), (upgraded, release.pods())):
        assert {part for name, part in one.items() if name in other} <= {"postgres"}, "nothing was replaced"
    assert (seen.failures, back.failures) == ([], [])
    release.upgrade()


def test_helm_test_passes_and_leaves_nothing(release: Release) -> None:
    release.upgrade()
    before = release.objects()
    assert SUCCEEDED in release.run("test", RELEASE).stdout
    assert release.objects() == before


def test_a_rotated_secret_restarts_the_pods_that_use_it_and_no_other(release: Release) -> None:
    release.upgrade()
    before = release.pods()
    release.upgrade()
    assert release.pods() == before, "an upgrade without a change restarted something"
    release.change_secret("todo-app-secrets", {"GEMINI_API_KEY": generate().reveal()})
    seen = send_during(release.url, release.context, release.upgrade)
    note("secret rotation", seen)
    kept = {part for name, part in before.items() if name in release.pods()}
    assert kept == {"postgres"}
    assert seen.failures == []


def test_two_releases_beside_each_other_and_uninstall(prepared: RunContext, release: Release) -> None:
    """The second one is Helm 4's, and keeps its volume."""
    release.upgrade()
    other = Release.prepare(
        prepared,
        f"{NAMESPACE}-other",
        helm_toolchain(HELM_4).path("helm"),
        postgres={"storage": {"onUninstall": "Retain"}},
    )
    empty = other.objects()
    other.upgrade()
    for each in (release, other):
        assert SUCCEEDED in each.run("test", RELEASE).stdout
    first = release.pods()
    other.run("uninstall", RELEASE, "--wait")
    assert other.objects() == empty | KEPT
    assert release.pods() == first
    other.upgrade()  # takes the volume up again
    assert SUCCEEDED in other.run("test", RELEASE).stdout
    other.run("uninstall", RELEASE, "--wait")
    release.run("uninstall", RELEASE, "--wait")
    mine = {each for each in release.objects() if not each.startswith("Secret/sh.helm")}
    assert mine == empty
