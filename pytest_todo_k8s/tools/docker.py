"""The container engine: builds by its command line (BuildKit), everything read by its API."""

from __future__ import annotations

import contextlib
import json
import tarfile
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from packaging.version import InvalidVersion, Version

from pytest_todo_k8s.errors import TodoK8sError
from pytest_todo_k8s.tools.build_log import BuildLog
from pytest_todo_k8s.tools.command import CommandError, last_lines

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from pytest_todo_k8s.measurements import BuildStep
    from pytest_todo_k8s.tools.command import CommandRunner
    from pytest_todo_k8s.tools.toolchain import Toolchain

API_TIMEOUT_S: Final = 60
QUICK_S: Final = 30.0
PULL_S: Final = 900.0
MANIFESTS_API: Final = Version("1.48")
"""First API version that tells an image's packed and unpacked bytes apart (`GET /images/{id}/json?manifests=1`)."""
LOST_LAYER: Final = "layer does not exist"
"""What an engine says whose build cache knows a step whose result is gone; only a build without it mends that."""
LAST_BUILT_IN_BUILDKIT: Final = 22
"""Docker clients up to this major version can ask for BuildKit themselves; later ones need the buildx plugin."""
_NAMELESS: Final = "<none>:<none>"
"""What engines before 25 give as the name of an image that has lost it to a newer build."""
CA_VARIABLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")
"""Environment variables by which a user names a CA bundle, in the order in which they are asked."""


class EngineError(TodoK8sError):
    """The container engine can't do what is asked of it."""


@dataclass(frozen=True, slots=True)
class EngineFacts:
    """The engine: server version, API version, storage driver, and where its data lie on this machine, if they do."""

    version: str
    api: str
    driver: str
    data: str

    @property
    def containerd_store(self) -> bool:
        """Whether images are kept by containerd: then an image's id is not that of its configuration."""
        return self.driver == "overlayfs" or self.driver.startswith("io.containerd")


@dataclass(frozen=True, slots=True)
class ImageSize:
    """Bytes of an image.

    Attributes:
        unpacked_bytes: On disk for this platform; None where the engine can't tell.
        history_bytes: The sum over its layers as its history tells it, to check the former against.
        store: The engine's store, such as `overlay2`.
    """

    unpacked_bytes: int | None
    history_bytes: int | None
    store: str


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """One image to build.

    Attributes:
        reference: Name and tag it gets.
        dockerfile: The Dockerfile.
        context: The folder of its build context.
        arguments: Build arguments.
        labels: Labels of the image.
        cached: Whether steps of earlier builds may be used.
        log_file: Its whole output goes there.
        timeout_s: Seconds it may take.
        stop: Ends the build when it is set, from another thread.
    """

    reference: str
    dockerfile: Path
    context: Path
    arguments: Mapping[str, str]
    labels: Mapping[str, str]
    cached: bool
    log_file: Path
    timeout_s: float
    stop: threading.Event | None = None


class Engine:
    """The engine that the docker command in use talks to."""

    def __init__(self, toolchain: Toolchain, commands: CommandRunner, environment: Mapping[str, str]) -> None:
        """Remember how to reach it.

        Args:
            toolchain: Which docker is used.
            commands: Starts it.
            environment: The caller's environment (`DOCKER_HOST`, the CA bundle's variable...).
        """
        self._docker = toolchain.path("docker")
        self._commands = commands
        self._environment = toolchain.child_environment(environment)

    @cached_property
    def facts(self) -> EngineFacts:
        """What the engine says of itself.

        Raises:
            EngineError: It does not answer.
        """
        info, version = self._ask(self._client.info), self._ask(self._client.version)
        return EngineFacts(version["Version"], version["ApiVersion"], info["Driver"], info.get("DockerRootDir", ""))

    @cached_property
    def builder(self) -> list[str]:
        """The words that begin a BuildKit build: `docker buildx build` where that plugin is there.

        Raises:
            EngineError: This docker command can't ask for BuildKit.
        """
        docker = str(self._docker)
        if self._commands.run([docker, "buildx", "version"], timeout_s=QUICK_S, check=False).ok:
            # Loaded into the engine whatever the builder's driver is; one manifest, so that ids can be compared.
            return [docker, "buildx", "build", "--load", "--provenance=false"]
        asked = self._commands.run(
            [docker, "version", "--format", "{{.Client.Version}}"], timeout_s=QUICK_S, check=False
        )
        try:
            major = Version(asked.stdout.strip().partition("+")[0]).major
        except InvalidVersion:
            raise EngineError(f"{docker} tells no version: {last_lines(asked.stderr, 1)}", "reinstall it") from None
        if major > LAST_BUILT_IN_BUILDKIT:
            raise EngineError(
                f"{docker} {asked.stdout.strip()} has no buildx plugin, so it can't build with BuildKit",
                "install the package docker-buildx-plugin (docker-buildx), or run `todo-k8s setup`",
            )
        return [docker, "build"]

    def build(self, order: BuildOrder) -> list[BuildStep]:
        """Build an image and return its steps.

        Raises:
            EngineError: It failed or took too long; the cause names the step and its last lines.
        """
        try:
            return self._build(order, cached=order.cached)
        except EngineError as error:
            if not order.cached or LOST_LAYER not in error.cause:
                raise
            return self._build(order, cached=False)

    def _build(self, order: BuildOrder, *, cached: bool) -> list[BuildStep]:
        log = BuildLog()
        argv = [*self.builder, "--progress=plain", "--pull=false", "--file", str(order.dockerfile)]
        argv += ["--tag", order.reference, *([] if cached else ["--no-cache"])]
        argv += [f"--build-arg={name}={value}" for name, value in order.arguments.items()]
        argv += [f"--label={name}={value}" for name, value in order.labels.items()]
        argv += [*self._ca_secret, str(order.context)]
        result = self._commands.run(
            argv,
            timeout_s=order.timeout_s,
            env={"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain"},
            check=False,
            log_file=order.log_file,
            on_line=log.feed,
            stop=order.stop,
        )
        if result.ok:
            return log.steps
        took = f" after {result.duration_s:.0f} s, its time limit" if result.timed_out else ""
        said = log.failure or last_lines(result.stderr or result.stdout, 3) or f"status {result.exit_code}"
        raise EngineError(
            f"building {order.dockerfile.name} ended{took}: {said}", f"see {order.log_file} for the whole output"
        )

    def image_id(self, reference: str) -> str | None:
        """Return the id that the engine gives an image, or None: it does not have it.

        Raises:
            EngineError: The engine does not answer.
        """
        attributes = self._image(reference)
        return str(attributes["Id"]) if attributes else None

    def configuration_id(self, reference: str) -> str:
        """Return the id of an image's configuration, by which every node knows it.

        It is the image's id, except in containerd's store, where it stands in the exported image (OCI Image Layout).

        Raises:
            EngineError: The image is not there, or its export names no configuration.
        """
        attributes = self._image(reference)
        if attributes is None:
            raise EngineError(f"the engine has no image {reference}", "let the build phase run first")
        if not self.facts.containerd_store:
            return str(attributes["Id"])
        with self.archive(reference) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.name == "manifest.json" else None
                if content:
                    name = str(json.load(content)[0]["Config"]).rpartition("/")[2]
                    return f"sha256:{name.removesuffix('.json')}"
        raise EngineError(f"the export of the image {reference} holds no manifest.json", "update the engine")

    def size(self, reference: str) -> ImageSize:
        """Measure an image in the engine.

        Raises:
            EngineError: The engine does not answer, or has no such image.
        """
        attributes = self._image(reference)
        if attributes is None:
            raise EngineError(f"the engine has no image {reference}", "let the build phase run first")
        history = self._ask(lambda: self._client.api.history(reference))
        return ImageSize(
            unpacked_bytes=self._unpacked(reference) if self.facts.containerd_store else int(attributes["Size"]),
            history_bytes=sum(int(layer.get("Size") or 0) for layer in history) if history else None,
            store=self.facts.driver,
        )

    @contextlib.contextmanager
    def archive(self, reference: str) -> Iterator[tarfile.TarFile]:
        """Open an image as `docker save` writes it, to be read from front to back.

        Raises:
            EngineError: The engine does not answer.
            docker.errors.NotFound: It has no such image.
        """
        chunks = self._ask(lambda: self._client.api.get_image(reference))
        with tarfile.open(fileobj=cast("Any", _Stream(chunks)), mode="r|") as archive:
            yield archive

    def labelled(self, label: str) -> list[tuple[tuple[str, ...], dict[str, str]]]:
        """Return the images that carry a label: their names (the id, where they have none) and all their labels.

        Raises:
            EngineError: The engine does not answer.
        """
        found = self._ask(lambda: self._client.api.images(filters={"label": label}))
        return [
            (
                tuple(name for name in image.get("RepoTags") or () if name != _NAMELESS) or (image["Id"],),
                image["Labels"],
            )
            for image in found
        ]

    def remove(self, reference: str) -> None:
        """Remove an image's name; it is no error if it is not there.

        Raises:
            EngineError: The engine does not answer.
        """
        from docker.errors import NotFound  # noqa: PLC0415  see _client

        with contextlib.suppress(NotFound):
            self._ask(lambda: self._client.api.remove_image(reference))

    def pull(self, reference: str) -> None:
        """Fetch an image from its registry.

        Raises:
            EngineError: It can't be fetched.
        """
        try:
            self._commands.run([self._docker, "pull", "--quiet", reference], timeout_s=PULL_S)
        except CommandError as error:
            raise EngineError(
                f"the base image {reference} is not in the engine and can't be pulled: {error}",
                "run `todo-k8s setup`, which makes base images where no registry is in reach",
            ) from None

    @property
    def _ca_secret(self) -> list[str]:
        """The option that hands the host's own CA bundle to a build, where the user names one that exists."""
        from pathlib import Path  # noqa: PLC0415  only here at run time

        for name in CA_VARIABLES:
            file = self._environment.get(name)
            if file and Path(file).is_file():
                return [f"--secret=id=ca,src={file}"]
        return []

    @cached_property
    def _client(self) -> Any:
        """The engine's API client, on the address that the docker command uses (context or DOCKER_HOST)."""
        import docker  # noqa: PLC0415  heavy: only where an engine is really asked
        from docker.errors import DockerException  # noqa: PLC0415  likewise

        asked = self._commands.run(
            [self._docker, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"],
            timeout_s=QUICK_S,
            check=False,
        )
        host = {"DOCKER_HOST": asked.stdout.strip()} if asked.ok and asked.stdout.strip() else {}
        try:
            return docker.from_env(environment={**self._environment, **host}, timeout=API_TIMEOUT_S)
        except DockerException as error:
            raise _silent(error) from None

    def _image(self, reference: str) -> dict[str, Any] | None:
        from docker.errors import NotFound  # noqa: PLC0415  see _client

        try:
            return cast("dict[str, Any]", self._ask(lambda: self._client.api.inspect_image(reference)))
        except NotFound:
            return None

    def _unpacked(self, reference: str) -> int | None:
        """Unpacked bytes in containerd's store: what its platform images take besides their packed content."""
        if Version(self.facts.api) < MANIFESTS_API:
            return None
        api = self._client.api
        url = f"{api.base_url}/v{api.api_version}/images/{reference}/json"
        answer: dict[str, Any] = self._ask(lambda: api.get(url, params={"manifests": "1"}).json())
        sizes = [
            int(manifest["Size"]["Total"]) - int(manifest["Size"]["Content"])
            for manifest in answer.get("Manifests") or []
            if manifest.get("Available") and manifest.get("Kind") == "image"
        ]
        return sum(sizes) or None

    @staticmethod
    def _ask(question: Callable[[], Any]) -> Any:
        """Ask the engine's API; what is not found is the caller's business."""
        from docker.errors import DockerException, NotFound  # noqa: PLC0415  see _client
        from requests import RequestException  # noqa: PLC0415  likewise

        try:
            return question()
        except NotFound:
            raise
        except (DockerException, RequestException) as error:
            raise _silent(error) from None


class _Stream:
    """Chunks of bytes as something to read from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = b""

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end."""
        while len(self._buffer) < size:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            self._buffer += chunk
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data


def _silent(error: Exception) -> EngineError:
    text = " ".join(str(error).split())
    return EngineError(
        f"the container engine does not answer: {text}", "start it, or run `todo-k8s setup` (see `todo-k8s doctor`)"
    )
