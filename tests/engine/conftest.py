"""The application's images, built by the engine that set-up brought: once with its build cache, once without any."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from pytest_todo_k8s.phases.build import cores
from pytest_todo_k8s.settings import ImageSource
from pytest_todo_k8s.tools import build_context
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.docker import CA_VARIABLES, BuildOrder, Engine
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
CONTEXTS: Final = {
    "frontend": "app/frontend",
    "backend": "app/backend",
    "gemini-emulator": "app/gemini_emulator",
    "postgres": "Dockerfiles/postgres",
}
"""Image and the folder of its build context; the slowest build first."""
APPLICATION: Final = ("frontend", "backend", "gemini-emulator")
"""The images that are made of our own sources: reproducible, and without a shell."""
CANARY: Final = "canary-6f1d0c57-handed-in-as-a-build-secret"
BUILD_LIMIT_S: Final = 600.0
COMMAND_LIMIT_S: Final = 120.0


@dataclass(frozen=True)
class Docker:
    """The engine and its command.

    Attributes:
        engine: The gate's own layer over it.
        commands: Starts the command.
        toolchain: Which command.
    """

    engine: Engine
    commands: CommandRunner
    toolchain: Toolchain

    @classmethod
    def here(cls, environment: dict[str, str]) -> Docker:
        toolchain = Toolchain.load(environment)
        commands = CommandRunner(toolchain.child_environment(environment))
        return cls(Engine(toolchain, commands, environment), commands, toolchain)

    def run(self, *arguments: str | Path, check: bool = True) -> str:
        """Run `docker` with these arguments and return what it prints."""
        argv = [self.toolchain.path("docker"), *arguments]
        return self.commands.run(argv, timeout_s=COMMAND_LIMIT_S, check=check).stdout.strip()

    def build(self, name: str, tag: str, log: Path, *, cached: bool) -> str:
        """Build an image of the application and return its reference."""
        image = source(name)
        bases = build_context.base_images(image, self.toolchain.bases)
        reference = f"{image.repository}:{tag}"
        self.engine.build(
            BuildOrder(
                reference=reference,
                dockerfile=image.dockerfile,
                context=image.context,
                arguments=bases | build_context.source_date(image),
                labels={},
                cached=cached,
                log_file=log,
                timeout_s=BUILD_LIMIT_S,
            )
        )
        return reference


def source(name: str) -> ImageSource:
    return ImageSource(name, ROOT / f"Dockerfiles/{name}.Dockerfile", ROOT / CONTEXTS[name], judged=True)


@pytest.fixture(scope="session")
def docker() -> Docker:
    return Docker.here(dict(os.environ))


@pytest.fixture(scope="session")
def images(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Image name to reference; what the main job has just built comes from the build cache."""
    log = tmp_path_factory.mktemp("first") / "build.log"
    built = {name: docker.build(name, "engine-first", log, cached=True) for name in CONTEXTS}
    yield built
    docker.run("image", "rm", "--force", *built.values())


@pytest.fixture(scope="session")
def rebuilt(
    docker: Docker, images: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The application's images once more, every step run anew, with the canary in the secret that a build is given."""
    folder = tmp_path_factory.mktemp("again")
    bundle = folder / "ca.pem"
    known = next((os.environ[name] for name in CA_VARIABLES if os.environ.get(name)), None)
    bundle.write_text((Path(known).read_text(encoding="utf-8") if known else _public_authorities()) + f"\n# {CANARY}\n")
    other = Docker.here({**os.environ, CA_VARIABLES[0]: str(bundle)})
    assert images  # built before, so that the two builds share nothing
    _ = other.engine.builder
    with ThreadPoolExecutor(cores()) as pool:
        jobs = {
            name: pool.submit(other.build, name, "engine-again", folder / f"{name}.log", cached=False)
            for name in APPLICATION
        }
        built = {name: job.result() for name, job in jobs.items()}
    yield built
    docker.run("image", "rm", "--force", *built.values())


def _public_authorities() -> str:
    """Return the authorities that pip trusts where the user names none."""
    import certifi  # noqa: PLC0415  comes with requests

    return Path(certifi.where()).read_text(encoding="utf-8")
