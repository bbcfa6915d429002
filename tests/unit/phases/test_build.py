from __future__ import annotations

import dataclasses
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.journal import Journal
from pytest_todo_k8s.kept import Kept
from pytest_todo_k8s.ownership import Owner, image_labels
from pytest_todo_k8s.phases import build, load
from pytest_todo_k8s.settings import ClusterChoice
from pytest_todo_k8s.tools.docker import EngineError
from pytest_todo_k8s.tools.redaction import Secret
from tests.unit.cluster.api_server import Answer, ApiServer, api_server
from tests.unit.cluster.stubs import Stubs, cases
from tests.unit.phases.live import LiveCluster, LiveKube, built
from tests.unit.running import run_context
from tests.unit.tools.saved_image import saved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext

BASES = {"PYTHON_BUILD": "local/python:3.13", "DEBIAN": "local/debian:trixie"}
BUILDS = "echo '#1 [1/1] RUN x' >&2; echo '#1 DONE 1.0s' >&2"
IMAGES = ("backend", "frontend", "postgres", "gemini-emulator")
GONE = Answer(404, {"message": "no such image"})


class World:
    """A project with four Dockerfiles and an engine that knows every image by `Id` of its name."""

    def __init__(self, folder: Path, api: ApiServer) -> None:
        self.folder, self.api, self.stubs = folder, api, Stubs(folder)
        arguments = {
            "backend": "PYTHON_BUILD",
            "frontend": "NODE_BUILD",
            "postgres": "DEBIAN",
            "gemini-emulator": "PYTHON_BUILD",
        }
        (folder / "Dockerfiles").mkdir()
        contexts = {"postgres": "Dockerfiles/postgres", "gemini-emulator": "app/gemini_emulator"}
        for name, argument in arguments.items():
            context = folder / contexts.get(name, f"app/{name}")
            context.mkdir(parents=True)
            (context / "file").write_text(name, encoding="utf-8")
            text = f"ARG {argument}=public/{name}:1\nFROM ${{{argument}}}\n"
            (folder / f"Dockerfiles/{name}.Dockerfile").write_text(text, encoding="utf-8")
        for prefix in ("", "/v1.41"):
            api.on(f"GET {prefix}/version", {"Version": "20.10.24", "ApiVersion": "1.41"})
        api.on("GET /v1.41/info", {"Driver": "overlay2"})
        api.on("GET /v1.41/images/json", [])
        for reference in (*BASES.values(), "public/frontend:1"):
            self.has(reference)
        self.stubs.add(
            "docker",
            cases(
                ("'context inspect '*", f"echo {self.host}"),
                ("'buildx version'", "exit 1"),
                ("'version --format '*", "echo 20.10.24"),
                ("'pull '*", ":"),
                ("'build '*", BUILDS),
            ),
        )

    @property
    def host(self) -> str:
        return self.api.url.replace("http", "tcp")

    def has(self, reference: str, size: int = 100) -> None:
        self.api.on(f"GET /v1.41/images/{reference}/json", {"Id": f"sha256:{reference}", "Size": size})
        self.api.on(f"GET /v1.41/images/{reference}/history", [{"Size": size}])
        self.api.on(f"GET /v1.41/images/{reference}/get", Answer(200, saved({"srv/app.py": b"x" * size})))

    def run(self) -> RunContext:
        """Return a run whose images the engine has once they are built: their tags are known from a first try."""
        return run_context(
            self.folder,
            toolchain=self.stubs.toolchain(BASES),
            commands=self.stubs.commands(),
            cluster=LiveCluster(self.folder),
            kube=LiveKube(),
        )

    def builds(self, body: str) -> None:
        """Let each build do this."""
        script = self.stubs.folder / "docker"
        usual = script.read_text(encoding="utf-8")
        script.write_text(usual.replace(BUILDS, body), encoding="utf-8")

    def tags(self) -> list[str]:
        """Return the tags that were built, each run's in the order of its images: they are begun side by side.

        What is built again with the build cache is left out.
        """
        calls = self.stubs.calls("docker")
        words = [call.split() for call in calls if call.startswith("build ") and "-warm " not in call]
        rounds: list[dict[str, str]] = []
        for tag in (each[each.index("--tag") + 1] for each in words):
            name = tag.partition(":")[0].removeprefix("todo-")
            if not rounds or name in rounds[-1]:
                rounds.append({})
            rounds[-1][name] = tag
        return [tags[name] for tags in rounds for name in IMAGES if name in tags]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with api_server() as api:
        yield World(tmp_path, api)


def learn(world: World, run: RunContext) -> None:
    """Build once to learn the tags, then let the engine have these images."""
    with pytest.raises(EngineError, match="is not in the engine"):
        build.run(run)
    for number, reference in enumerate(world.tags()):
        world.has(reference, 1000 + number)


def test_images_are_built_and_measured(world: World) -> None:
    run = world.run()
    learn(world, run)
    build.run(run)
    found = run.evidence.build
    assert found is not None
    assert [(each.name, each.judged, each.no_cache, each.size_bytes, each.history_bytes) for each in found.images] == [
        ("backend", True, True, 1000, 1000),
        ("frontend", True, True, 1001, 1001),
        ("postgres", False, False, 1002, 1002),
        ("gemini-emulator", False, False, 1003, 1003),
    ]
    backend, frontend, postgres, _ = found.images
    assert [each.reference for each in found.images] == world.tags()[4:] == world.tags()[:4]
    assert backend.image_id == f"sha256:{backend.reference}"
    assert backend.bases == {"PYTHON_BUILD": "local/python:3.13@sha256:local/python:3.13"}
    assert frontend.bases == {"NODE_BUILD": "public/frontend:1@sha256:public/frontend:1"}
    assert [step.name for step in postgres.steps] == ["[1/1] RUN x"]
    ends = [each.start_s + each.duration_s for each in (backend, frontend)]
    assert found.wall_s == max(ends) - min(backend.start_s, frontend.start_s)
    assert max(ends) <= postgres.start_s
    assert all(each.warm_s for each in (backend, frontend))
    assert postgres.warm_s is None
    assert backend.contents is not None
    assert backend.contents.parts["application"] == 1000


@pytest.mark.parametrize(("cores", "side_by_side"), [(1, False), (2, True)])
def test_judged_images_are_built_side_by_side_where_there_are_cores(
    world: World, monkeypatch: pytest.MonkeyPatch, cores: int, *, side_by_side: bool
) -> None:
    monkeypatch.setattr(build, "cores", lambda: cores)
    run = world.run()
    learn(world, run)
    world.builds("sleep 0.5")
    build.run(run)
    assert run.evidence.build is not None
    backend, frontend, *_ = run.evidence.build.images
    assert (frontend.start_s < backend.start_s + backend.duration_s) is side_by_side
    assert (run.evidence.build.wall_s < backend.duration_s + frontend.duration_s) is side_by_side


@pytest.mark.parametrize("cores", [1, 2])
def test_the_first_failure_ends_the_other_build(world: World, monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr(build, "cores", lambda: cores)
    world.builds("case $* in *backend*) sleep 0.3; exit 1;; *) exec sleep 60;; esac")
    started_s = time.monotonic()
    with pytest.raises(EngineError, match=r"building backend.Dockerfile ended"):
        build.run(world.run())
    assert time.monotonic() - started_s < 20


def test_ctrl_c_ends_all_builds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "cores", lambda: 2)
    world.builds("exec sleep 60")
    started_s = time.monotonic()
    threading.Timer(1.0, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        build.run(world.run())
    assert time.monotonic() - started_s < 20


def test_images_say_where_they_come_from(world: World) -> None:
    run = world.run()
    run.evidence.run.commit = "a" * 40
    run.settings.chart.mkdir(parents=True)
    (run.settings.chart / "Chart.yaml").write_text("appVersion: 0.1.0\nsources: [https://example.org/todo]\n")
    learn(world, run)
    call = next(call for call in world.stubs.calls("docker") if call.startswith("build "))
    for label in ("version=0.1.0", "source=https://example.org/todo", f"revision={'a' * 40}"):
        assert f"--label=org.opencontainers.image.{label}" in call


def test_a_changed_work_tree_is_no_revision(world: World) -> None:
    run = world.run()
    run.evidence.run.commit, run.evidence.run.dirty = "a" * 40, True
    learn(world, run)
    assert "image.revision" not in " ".join(world.stubs.calls("docker"))


def test_an_image_that_cannot_be_looked_into_is_measured_all_the_same(world: World) -> None:
    run = world.run()
    learn(world, run)
    for reference in world.tags():
        world.api.on(f"GET /v1.41/images/{reference}/get", Answer(200, saved({}, manifest=False)))
    build.run(run)
    assert run.evidence.build is not None
    assert [each.contents for each in run.evidence.build.images] == [None] * len(IMAGES)
    assert all(each.size_bytes for each in run.evidence.build.images)


def test_images_for_a_kept_deployment_are_all_of_the_run_that_keeps_it(world: World, tmp_path: Path) -> None:
    run = world.run()
    maker = Journal(tmp_path / "kept.jsonl", Owner.of_this_process(ClusterChoice("minikube", "test")))
    run.kept = Kept(maker, "uid")
    learn(world, run)
    names = {entry.name for entry in maker.open_entries()}
    assert names == {*world.tags(), *(f"{tag}-warm" for tag in world.tags()[:2])}
    assert not run.journal.open_entries()
    calls = [call for call in world.stubs.calls("docker") if call.startswith("build ")]
    assert all(f"--label=todo-k8s.dev/run-id={maker.owner.run_id}" in call for call in calls)


def test_images_carry_the_run_and_are_journalled_before_they_exist(world: World) -> None:
    run = world.run()
    learn(world, run)
    names = [entry.name for entry in run.journal.open_entries() if entry.kind == "image"]
    assert sorted(name for name in names if not name.endswith("-warm")) == sorted(world.tags())
    assert sorted(name for name in names if name.endswith("-warm")) == [f"{tag}-warm" for tag in world.tags()[:2]]
    calls = [call for call in world.stubs.calls("docker") if call.startswith("build ")]
    assert all(f"--label=todo-k8s.dev/run-id={run.journal.owner.run_id}" in call for call in calls)
    assert ["--no-cache" in call for call in calls] == [True, True, False, False, False, False]


def test_a_base_image_that_is_absent_is_fetched_before_the_clock_runs(world: World) -> None:
    run = world.run()
    learn(world, run)
    path = "GET /v1.41/images/public/frontend:1/json"
    world.api.on(path, GONE, {"Id": "sha256:public/frontend:1", "Size": 1})
    build.run(run)
    calls = world.stubs.calls("docker")
    assert calls.index("pull --quiet public/frontend:1") < len(calls) - 4
    world.api.on(path, GONE)
    with pytest.raises(EngineError, match="was pulled and is not in the engine"):
        build.run(run)


def test_a_build_that_fails_stays_in_the_journal(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "cores", lambda: 1)
    run = world.run()
    world.builds("echo '#1 [2/2] RUN y' >&2; echo '#1 ERROR: exit code: 1' >&2; exit 1")
    with pytest.raises(EngineError, match=r"building backend.Dockerfile ended: step '\[2/2\] RUN y' failed"):
        build.run(run)
    assert [entry.kind for entry in run.journal.open_entries()] == ["image"]
    assert run.evidence.build is None


def test_database_and_emulator_are_not_built_where_others_are_used(world: World) -> None:
    run = world.run()
    settings = dataclasses.replace(run.settings, database_url=Secret("postgresql://elsewhere"), model_key=Secret("key"))
    with pytest.raises(EngineError):
        build.run(dataclasses.replace(run, settings=settings))
    assert [tag.partition(":")[0] for tag in world.tags()] == ["todo-backend", "todo-frontend"]


def test_load_brings_every_image_by_its_configuration(world: World) -> None:
    run = world.run()
    run.evidence.build = built()
    for image in run.evidence.build.images:
        world.has(image.reference)
    said: list[str] = []
    dead = dataclasses.replace(run.journal.owner, run_id="dead-1", pid=2**22 + 1)
    world.api.on("GET /v1.41/images/json", [{"Id": "sha256:o", "RepoTags": ["old:1"], "Labels": image_labels(dead)}])
    world.stubs.add("docker", cases(("'image rm old:1'", ":"), ("'context inspect '*", f"echo {world.host}")))
    load.run(dataclasses.replace(run, progress=said.append))
    assert said == [
        "load      removed old:1 of the dead run dead-1 from the engine",
        "load      6.0 s by test, verified by image id",
    ]
    assert [(each.reference, each.image_id) for each in run.evidence.loads] == [
        (f"todo-{name}:abc", f"sha256:todo-{name}:abc")
        for name in ("backend", "frontend", "postgres", "gemini-emulator")
    ]


def test_an_image_under_way_to_a_registry_is_in_the_journal(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run = world.run()
    run.evidence.build = built()
    for image in run.evidence.build.images:
        world.has(image.reference)
    world.api.on("GET /v1.41/images/json", [])
    monkeypatch.setattr(LiveCluster, "place", "registry.example/")
    load.run(run)
    assert run.journal.open_entries() == []
    assert '"registry.example/todo-backend:abc"' in run.journal.file.read_text(encoding="utf-8")
    monkeypatch.setattr(LiveCluster, "load", _fails)
    with pytest.raises(PhaseError, match="pushed nothing"):
        load.run(run)
    assert [each.name for each in run.journal.open_entries()] == ["registry.example/todo-backend:abc"]


def _fails(*_: object) -> None:
    raise PhaseError("load", "pushed nothing")


def test_load_without_a_build_says_so(world: World) -> None:
    with pytest.raises(PhaseError, match="no image was built"):
        load.run(world.run())
