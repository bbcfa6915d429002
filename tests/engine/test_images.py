"""What only an engine can tell of the images: the same each time, small, bare, healthy, without secrets."""

from __future__ import annotations

import hashlib
import json
import tarfile
import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_todo_k8s.criteria import sc_002_image_size
from pytest_todo_k8s.criteria.figures import MEGABYTE
from pytest_todo_k8s.tools import image_contents
from tests.engine.conftest import APPLICATION, CANARY, CONTEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    from tests.engine.conftest import Docker

HEALTHY_WITHIN_S: Final = 60
SHELLS: Final = {"sh", "bash", "dash", "ash", "zsh", "busybox"}
PACKAGE_MANAGERS: Final = {
    "apt",
    "apt-get",
    "dpkg",
    "apk",
    "dnf",
    "rpm",
    "pip",
    "pip3",
    "npm",
    "npx",
    "yarn",
    "corepack",
}
COMPILERS_AND_CLIENTS: Final = {"gcc", "cc", "g++", "as", "ld", "make", "perl", "curl", "wget", "git"}
# initdb starts the server's bootstrap through a shell, and the entry point is a script.
ACCEPTED: Final = {"postgres": SHELLS}
OFTEN: Final = ("--health-interval=1s", "--health-timeout=10s")
CONFINED: Final = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network=none")
VOLUMES: Final = ("/var/lib/postgresql", "/run/postgresql", "/tmp")  # noqa: S108  folders of the container
START: Final[dict[str, tuple[str, ...]]] = {
    "backend": (
        "--env=DATABASE_URL=postgresql://todo:none@127.0.0.1:1/todo",
        f"--env=JWT_SECRET={'x' * 32}",
        "--env=GEMINI_API_KEY=",
    ),
    "frontend": ("--env=BACKEND_URL=http://127.0.0.1:1", f"--env=BETTER_AUTH_SECRET={'x' * 32}"),
    "gemini-emulator": (),
    "postgres": tuple(f"--tmpfs={folder}:uid=10001,gid=10001,mode=0700" for folder in VOLUMES),
}
"""What each image needs to start, besides being confined as in the cluster."""


def configuration(docker: Docker, reference: str) -> dict[str, Any]:
    """Return an image's configuration without its name and the times at which it and its layers were made."""
    [image] = json.loads(docker.run("image", "inspect", reference))
    return {key: image[key] for key in ("Architecture", "Os", "Config", "Size")}


@pytest.mark.parametrize("name", APPLICATION)
def test_the_same_inputs_give_the_same_image(
    docker: Docker, images: dict[str, str], rebuilt: dict[str, str], name: str, tmp_path: Path
) -> None:
    """Every layer has the same entries: names, contents, owners, modes and dates.

    The order of the entries in a layer is left out, and so is the image's own time: Docker 20.10 takes the one from how
    it finds a layer's changes, which differs with what it has stored before, and the other from the clock.
    """
    first, again = (layers(docker, built[name], tmp_path / "image.tar") for built in (images, rebuilt))
    for one, other in zip(first, again, strict=True):
        assert set(one.items() ^ other.items()) == set()
    assert sum(map(len, first)) > 100
    assert configuration(docker, images[name]) == configuration(docker, rebuilt[name])


Entry = tuple[int, int, int, int, bytes, str, str]
"""Date, mode, user, group, kind, target of a link, digest of the content."""


def layers(docker: Docker, reference: str, archive: Path) -> list[dict[str, Entry]]:
    """Return what is in each layer of an image, lowest first."""
    docker.run("save", f"--output={archive}", reference)
    with tarfile.open(archive) as outer:
        return [_entries(outer, name) for name in _document(outer, "manifest.json")[0]["Layers"]]


def _document(archive: tarfile.TarFile, name: str) -> Any:
    stream = archive.extractfile(name)
    assert stream
    return json.load(stream)


def _entries(outer: tarfile.TarFile, name: str) -> dict[str, Entry]:
    with tarfile.open(fileobj=outer.extractfile(name)) as layer:
        return {
            member.name: (
                int(member.mtime),
                member.mode,
                member.uid,
                member.gid,
                member.type,
                member.linkname,
                hashlib.sha256(stream.read()).hexdigest()
                if member.isreg() and (stream := layer.extractfile(member))
                else "",
            )
            for member in layer
        }


@pytest.mark.parametrize("name", APPLICATION)
def test_a_build_secret_is_nowhere_in_the_image(
    docker: Docker, rebuilt: dict[str, str], name: str, tmp_path: Path
) -> None:
    archive = tmp_path / "image.tar"
    docker.run("save", f"--output={archive}", rebuilt[name])
    read = 0
    for content in blobs(archive):
        assert CANARY.encode() not in content
        read += len(content)
    assert read > 10 * MEGABYTE
    assert CANARY not in docker.run("history", "--no-trunc", rebuilt[name])


def blobs(archive: Path) -> Iterator[bytes]:
    """Yield the bytes of every file of every layer, and of every document, of a saved image."""
    with tarfile.open(archive) as outer:
        for member in outer:
            stream = outer.extractfile(member) if member.isreg() else None
            if stream:
                yield from _files_in(stream)


def _files_in(stream: IO[bytes]) -> Iterator[bytes]:
    try:
        layer = tarfile.open(fileobj=stream)  # noqa: SIM115  closed below
    except tarfile.ReadError:
        stream.seek(0)
        yield stream.read()
        return
    with layer:
        for member in layer:
            content = layer.extractfile(member) if member.isreg() else None
            if content:
                yield content.read()


@pytest.mark.parametrize(("name", "budget_mb"), sc_002_image_size.BUDGETS_MB.items())
def test_images_stay_within_their_budgets(docker: Docker, images: dict[str, str], name: str, budget_mb: float) -> None:
    size = docker.engine.size(images[name])
    assert size.unpacked_bytes is not None
    assert size.history_bytes is not None
    assert abs(size.unpacked_bytes - size.history_bytes) <= sc_002_image_size.AGREEMENT * size.unpacked_bytes
    assert size.unpacked_bytes / MEGABYTE <= budget_mb
    with docker.engine.archive(images[name]) as archive:
        contents = image_contents.read(archive)
    assert sum(contents.parts.values()) == pytest.approx(size.unpacked_bytes, rel=0.001)
    assert contents.hidden_bytes == 0


@pytest.mark.parametrize("name", CONTEXTS)
def test_nothing_is_in_an_image_that_it_does_not_need(
    docker: Docker, images: dict[str, str], name: str, tmp_path: Path
) -> None:
    container = docker.run("create", images[name])
    try:
        docker.run("export", f"--output={tmp_path / 'root.tar'}", container)
    finally:
        docker.run("rm", container)
    with tarfile.open(tmp_path / "root.tar") as root:
        members = {member.name: member for member in root}
    programs = {path.rpartition("/")[2] for path in members if "bin/" in path}
    assert programs & (SHELLS | PACKAGE_MANAGERS | COMPILERS_AND_CLIENTS) == ACCEPTED.get(name, set()) & programs
    assert bool(programs & SHELLS) is (name in ACCEPTED)  # an acceptance that nothing needs any more fails
    assert [path for path, member in members.items() if member.mode & 0o6000 and member.isreg()] == []
    assert [path for path in members if path.endswith((".map", "/.git", ".env")) or "/ensurepip/" in path] == []
    writable = {path for path, member in members.items() if member.mode & 0o002 and not member.issym()}
    assert writable - {"dev/console", "dev/pts", "dev/shm"} <= {"tmp"}


@pytest.mark.parametrize("name", CONTEXTS)
def test_images_run_as_a_numeric_user_and_say_what_they_are(docker: Docker, images: dict[str, str], name: str) -> None:
    config = configuration(docker, images[name])["Config"]
    assert all(int(number) >= 10001 for number in config["User"].split(":"))
    words = {word: config[word] or [] for word in ("Entrypoint", "Cmd")}
    assert any(words.values())
    assert not {"/bin/sh", "sh"} & {*words["Entrypoint"], *words["Cmd"]}
    assert config["Healthcheck"]["Test"][0] == "CMD"
    assert config["Labels"]["org.opencontainers.image.title"] == f"todo-{name}"
    assert {"org.opencontainers.image.description", "org.opencontainers.image.licenses"} <= config["Labels"].keys()


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_confined_container_becomes_healthy(
    docker: Docker, images: dict[str, str], name: str, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    password.write_text("not-a-secret", encoding="utf-8")
    password.chmod(0o444)
    mounted = (f"--volume={password}:/run/secrets/postgres/password:ro",) if name == "postgres" else ()
    assert health(docker, images[name], *CONFINED, *START[name], *mounted) == "healthy"


def test_a_server_that_does_not_answer_becomes_unhealthy(docker: Docker, images: dict[str, str]) -> None:
    retries = ("--health-retries=1", "--health-start-period=1s", "--entrypoint=python")
    arguments = ("-c", "import time; time.sleep(600)")
    assert health(docker, images["backend"], *CONFINED, *retries, arguments=arguments) == "unhealthy"


def health(docker: Docker, image: str, *options: str, arguments: tuple[str, ...] = ()) -> str:
    """Start a container, wait until the engine has a verdict on its health, and remove it."""
    container = docker.run("run", "--detach", *OFTEN, *options, image, *arguments)
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    status = "starting"
    try:
        while status == "starting" and time.monotonic() < deadline:
            time.sleep(0.5)
            state = json.loads(docker.run("inspect", "--format={{json .State}}", container))
            assert state["Running"], docker.run("logs", container)
            status = str(state["Health"]["Status"])
    finally:
        docker.run("rm", "--force", "--volumes", container)
    return status
