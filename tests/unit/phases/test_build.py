from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.phases import build, load
from pytest_todo_k8s.tools.docker import EngineError
from pytest_todo_k8s.tools.redaction import Secret
from tests.unit.cluster.api_server import Answer, ApiServer, api_server
from tests.unit.cluster.stubs import Stubs, cases
from tests.unit.phases.live import LiveCluster, built
from tests.unit.running import run_context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext

BASES = {"PYTHON_BUILD": "local/python:3.13", "DEBIAN": "local/debian:trixie"}
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
        for reference in (*BASES.values(), "public/frontend:1"):
            self.has(reference)
        self.stubs.add(
            "docker",
            cases(
                ("'context inspect '*", f"echo {api.url.replace('http', 'tcp')}"),
                ("'buildx version'", "exit 1"),
                ("'version --format '*", "echo 20.10.24"),
                ("'pull '*", ":"),
                ("'build '*", "echo '#1 [1/1] RUN x' >&2; echo '#1 DONE 1.0s' >&2"),
            ),
        )

    def has(self, reference: str, size: int = 100) -> None:
        self.api.on(f"GET /v1.41/images/{reference}/json", {"Id": f"sha256:{reference}", "Size": size})
        self.api.on(f"GET /v1.41/images/{reference}/history", [{"Size": size}])

    def run(self) -> RunContext:
        """Return a run whose images the engine has once they are built: their tags are known from a first try."""
        return run_context(
            self.folder,
            toolchain=self.stubs.toolchain(BASES),
            commands=self.stubs.commands(),
            cluster=LiveCluster(self.folder),
        )

    def tags(self) -> list[str]:
        words = [call.split() for call in self.stubs.calls("docker") if call.startswith("build ")]
        return [each[each.index("--tag") + 1] for each in words]


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


def test_images_are_built_in_order_and_measured(world: World) -> None:
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
    assert found.wall_s == frontend.start_s + frontend.duration_s - backend.start_s
    assert backend.start_s + backend.duration_s <= frontend.start_s
    assert frontend.start_s + frontend.duration_s <= postgres.start_s


def test_images_carry_the_run_and_are_journalled_before_they_exist(world: World) -> None:
    run = world.run()
    learn(world, run)
    names = [entry.name for entry in run.journal.open_entries() if entry.kind == "image"]
    assert names == world.tags()
    calls = [call for call in world.stubs.calls("docker") if call.startswith("build ")]
    assert all(f"--label=todo-k8s.dev/run-id={run.journal.owner.run_id}" in call for call in calls)
    assert ["--no-cache" in call for call in calls] == [True, True, False, False]


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


def test_a_build_that_fails_stays_in_the_journal(world: World) -> None:
    run = world.run()
    failing = "echo '#1 [2/2] RUN y' >&2; echo '#1 ERROR: exit code: 1' >&2; exit 1"
    usual = (world.stubs.folder / "docker").read_text(encoding="utf-8")
    (world.stubs.folder / "docker").write_text(
        usual.replace("echo '#1 [1/1] RUN x' >&2; echo '#1 DONE 1.0s' >&2", failing), encoding="utf-8"
    )
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
    load.run(run)
    assert [(each.reference, each.image_id) for each in run.evidence.loads] == [
        (f"todo-{name}:abc", f"sha256:todo-{name}:abc")
        for name in ("backend", "frontend", "postgres", "gemini-emulator")
    ]


def test_load_without_a_build_says_so(world: World) -> None:
    with pytest.raises(PhaseError, match="no image was built"):
        load.run(world.run())
