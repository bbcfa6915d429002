from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.tools.docker import BuildOrder, Engine, EngineError
from tests.unit.cluster.api_server import Answer, ApiServer, api_server, status
from tests.unit.cluster.stubs import Stubs, cases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAYERS = [{"Size": 30}, {"Size": 70}, {"Size": None}]


class World:
    """An engine made of a stub command and the test's own API server."""

    def __init__(self, folder: Path, api: ApiServer) -> None:
        self.folder, self.api, self.stubs = folder, api, Stubs(folder)
        self.environment: dict[str, str] = {}
        self.client = "20.10.24+dfsg1"
        self.buildx = False
        self.build = "echo '#1 [a 1/1] RUN x' >&2; echo '#1 DONE 2.5s' >&2"
        self.engine_is("overlay2", "1.41")

    def engine_is(self, driver: str, version: str) -> None:
        self.version = version
        for prefix in ("", f"/v{version}"):
            self.api.on(f"GET {prefix}/version", {"Version": "20.10.24", "ApiVersion": version})
        self.api.on(f"GET /v{version}/info", {"Driver": driver, "DockerRootDir": "/var/lib/docker"})

    def on(self, path: str, *answers: Any) -> None:
        self.api.on(f"GET /v{self.version}{path}", *answers)

    def engine(self) -> Engine:
        host = self.api.url.replace("http://", "tcp://")
        self.stubs.add(
            "docker",
            cases(
                ("'context inspect '*", f"echo {host}"),
                ("'buildx version'", "true" if self.buildx else "exit 1"),
                ("'version --format '*", f"echo {self.client}"),
                ("'build '* | 'buildx build '*", f'echo "$DOCKER_BUILDKIT" >"$0.buildkit"; {self.build}'),
                ("'pull --quiet absent'", "echo 'manifest unknown' >&2; exit 1"),
                ("'pull '*", ":"),
            ),
        )
        return Engine(self.stubs.toolchain(), self.stubs.commands(), self.environment)

    def order(self, *, cached: bool = False) -> BuildOrder:
        return BuildOrder(
            reference="todo-backend:abc",
            dockerfile=self.folder / "backend.Dockerfile",
            context=self.folder,
            arguments={"PYTHON_BUILD": "local:1"},
            labels={"run": "r1"},
            cached=cached,
            log_file=self.folder / "build.log",
            timeout_s=20,
        )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with api_server() as api:
        yield World(tmp_path, api)


def test_facts(world: World) -> None:
    facts = world.engine().facts
    assert (facts.version, facts.api, facts.driver, facts.data) == ("20.10.24", "1.41", "overlay2", "/var/lib/docker")
    assert not facts.containerd_store


def test_an_engine_that_does_not_answer(tmp_path: Path) -> None:
    with api_server() as api:
        world = World(tmp_path, api)
    with pytest.raises(EngineError, match="the container engine does not answer") as caught:
        _ = world.engine().facts
    assert "todo-k8s doctor" in caught.value.hint
    assert "\n" not in str(caught.value)


def test_an_engine_that_fails(world: World) -> None:
    world.on("/info", Answer(500, {"message": "out of order"}))
    with pytest.raises(EngineError, match="out of order"):
        _ = world.engine().facts


@pytest.mark.parametrize(
    ("client", "buildx", "words"),
    [
        ("20.10.24+dfsg1", False, ["build"]),
        ("29.1.0", True, ["buildx", "build", "--load", "--provenance=false"]),
    ],
)
def test_the_builder(world: World, client: str, buildx: bool, words: list[str]) -> None:
    world.client, world.buildx = client, buildx
    assert world.engine().builder == [str(world.stubs.folder / "docker"), *words]


@pytest.mark.parametrize(("client", "told"), [("28.2.2", "28.2.2 has no buildx plugin"), ("", "tells no version")])
def test_a_client_that_can_not_build(world: World, client: str, told: str) -> None:
    world.client = client
    with pytest.raises(EngineError, match=told):
        _ = world.engine().builder


def test_a_build_without_cache(world: World) -> None:
    steps = world.engine().build(world.order())
    assert [(step.name, step.duration_s) for step in steps] == [("[a 1/1] RUN x", 2.5)]
    assert world.stubs.calls("docker")[-1] == (
        f"build --progress=plain --pull=false --file {world.folder}/backend.Dockerfile --tag todo-backend:abc "
        f"--no-cache --build-arg=PYTHON_BUILD=local:1 --label=run=r1 {world.folder}"
    )
    assert (world.stubs.folder / "docker.buildkit").read_text(encoding="utf-8") == "1\n"
    assert "DONE 2.5s" in (world.folder / "build.log").read_text(encoding="utf-8")


def test_a_build_with_cache(world: World) -> None:
    world.engine().build(world.order(cached=True))
    assert "--no-cache" not in world.stubs.calls("docker")[-1]


def test_the_hosts_ca_bundle_is_a_secret_of_the_build(world: World) -> None:
    bundle = world.folder / "ca.pem"
    bundle.touch()
    world.environment = {"SSL_CERT_FILE": str(world.folder / "absent"), "REQUESTS_CA_BUNDLE": str(bundle)}
    world.engine().build(world.order())
    assert f"--secret=id=ca,src={bundle}" in world.stubs.calls("docker")[-1]


def test_a_build_that_fails_names_the_step(world: World) -> None:
    world.build = "echo '#1 [a 1/1] RUN x' >&2; echo '#1 0.1 no such package' >&2; echo '#1 ERROR: exit 1' >&2; exit 1"
    with pytest.raises(EngineError) as caught:
        world.engine().build(world.order())
    assert caught.value.cause == ("building backend.Dockerfile ended: step '[a 1/1] RUN x' failed: no such package")
    assert str(world.folder / "build.log") in caught.value.hint


LOST = "echo '#1 exporting to image' >&2; echo '#1 ERROR: layer does not exist' >&2; exit 1"


def test_a_layer_that_the_cache_has_lost_is_built_anew(world: World) -> None:
    world.build = f'case "$*" in *--no-cache*) ;; *) {LOST};; esac'
    world.engine().build(world.order(cached=True))
    assert ["--no-cache" in call for call in world.stubs.calls("docker")[-2:]] == [False, True]


@pytest.mark.parametrize(("cached", "builds"), [(True, 2), (False, 1)])
def test_a_layer_that_stays_lost_is_told(world: World, cached: bool, builds: int) -> None:
    world.build = LOST
    with pytest.raises(EngineError, match="step 'exporting to image' failed: layer does not exist"):
        world.engine().build(world.order(cached=cached))
    assert len([call for call in world.stubs.calls("docker") if call.startswith("build ")]) == builds


def test_a_build_that_fails_without_a_word(world: World) -> None:
    world.build = "exit 3"
    with pytest.raises(EngineError, match="ended: status 3"):
        world.engine().build(world.order())


def test_a_build_that_hangs(world: World) -> None:
    world.build = "exec sleep 60"
    order = world.order()
    object.__setattr__(order, "timeout_s", 0.3)
    with pytest.raises(EngineError, match="after 0 s, its time limit"):
        world.engine().build(order)


def test_ids(world: World) -> None:
    world.on("/images/here/json", {"Id": "sha256:aa", "Size": 100})
    world.on("/images/gone/json", Answer(404, {"message": "No such image: gone"}))
    engine = world.engine()
    assert engine.image_id("here") == engine.configuration_id("here") == "sha256:aa"
    assert engine.image_id("gone") is None
    with pytest.raises(EngineError, match="the engine has no image gone"):
        engine.configuration_id("gone")
    with pytest.raises(EngineError, match="the engine has no image gone"):
        engine.size("gone")


def test_size_of_an_image_in_a_classic_store(world: World) -> None:
    world.on("/images/here/json", {"Id": "sha256:aa", "Size": 101})
    world.on("/images/here/history", LAYERS)
    size = world.engine().size("here")
    assert (size.unpacked_bytes, size.history_bytes, size.store) == (101, 100, "overlay2")


def test_size_of_an_image_in_containerds_store(world: World) -> None:
    world.engine_is("overlayfs", "1.48")
    sizes = {"Size": {"Total": 150, "Content": 40}}
    manifests = [
        {"Kind": "image", "Available": True, **sizes},
        {"Kind": "image", "Available": False, **sizes},
        {"Kind": "attestation", "Available": True, **sizes},
    ]
    world.on("/images/here/json", {"Id": "sha256:index", "Size": 40, "Manifests": manifests})
    world.on("/images/here/history", LAYERS)
    size = world.engine().size("here")
    assert (size.unpacked_bytes, size.history_bytes, size.store) == (110, 100, "overlayfs")
    assert world.api.asked[-1].query == {"manifests": "1"}


def test_an_old_engine_with_containerds_store_can_not_tell(world: World) -> None:
    world.engine_is("overlayfs", "1.44")
    world.on("/images/here/json", {"Id": "sha256:index", "Size": 40})
    world.on("/images/here/history", [])
    size = world.engine().size("here")
    assert (size.unpacked_bytes, size.history_bytes) == (None, None)


def exported(**files: Any) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in {"blobs/x": "layer", **files}.items():
            data = json.dumps(content).encode()
            member = tarfile.TarInfo(name.replace("_json", ".json"))
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize("config", ["blobs/sha256/cc", "cc.json"])
def test_the_configuration_in_containerds_store_is_read_from_the_export(world: World, config: str) -> None:
    world.engine_is("overlayfs", "1.48")
    world.on("/images/here/json", {"Id": "sha256:index", "Size": 40})
    data = exported(manifest_json=[{"Config": config}])
    world.on("/images/here/get", Answer(200, [data[:700], data[700:]]))
    assert world.engine().configuration_id("here") == "sha256:cc"
    world.on("/images/here/get", Answer(200, exported()))
    with pytest.raises(EngineError, match=r"holds no manifest\.json"):
        world.engine().configuration_id("here")


def test_labelled_images_have_names_or_their_id(world: World) -> None:
    labels = {"run": "r1"}
    world.on(
        "/images/json",
        [
            {"Id": "sha256:a", "RepoTags": ["todo:1", "todo:2"], "Labels": labels},
            {"Id": "sha256:b", "RepoTags": ["<none>:<none>"], "Labels": labels},
            {"Id": "sha256:c", "RepoTags": None, "Labels": labels},
        ],
    )
    found = world.engine().labelled("run")
    assert found == [(("todo:1", "todo:2"), labels), (("sha256:b",), labels), (("sha256:c",), labels)]
    assert json.loads(world.api.asked[-1].query["filters"]) == {"label": ["run"]}


def test_pull(world: World) -> None:
    world.engine().pull("python:3.13")
    assert world.stubs.calls("docker")[-1] == "pull --quiet python:3.13"
    with pytest.raises(
        EngineError, match=r"absent is not in the engine and can't be pulled: .*manifest unknown"
    ) as caught:
        world.engine().pull("absent")
    assert "todo-k8s setup" in caught.value.hint


def test_refusals_of_the_api_are_one_sentence(world: World) -> None:
    world.on("/images/here/json", Answer(500, status(500, "x", "layer does not exist")))
    with pytest.raises(EngineError, match="layer does not exist"):
        world.engine().image_id("here")
