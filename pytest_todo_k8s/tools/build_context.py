"""What goes into an image: the files of its build context, and a tag that changes exactly when they do."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from docker.utils.build import exclude_paths

from pytest_todo_k8s.analysis import dockerfile
from pytest_todo_k8s.application import REMEDY
from pytest_todo_k8s.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_todo_k8s.settings import ImageSource

BASE_ARGUMENTS: Final = ("PYTHON_BUILD", "NODE_BUILD", "DEBIAN")
"""Build arguments that name base images."""
TAG_LENGTH: Final = 12
_ARGUMENT: Final = re.compile(r"^\s*ARG\s+(?P<name>\w+)=(?P<value>\S+)\s*$", re.IGNORECASE)
_SOURCE_DATE: Final = re.compile(r"^\s*ARG\s+SOURCE_DATE_EPOCH=(\d+)\s*$", re.IGNORECASE | re.MULTILINE)
_FROM: Final = re.compile(r"^\s*FROM\s", re.IGNORECASE)


def check(source: ImageSource) -> None:
    """Make sure that an image's Dockerfile and context are there.

    Raises:
        ConfigError: One is missing.
    """
    if not source.dockerfile.is_file():
        raise ConfigError(f"the Dockerfile {source.dockerfile} is missing", REMEDY)
    if not source.context.is_dir():
        raise ConfigError(f"the build context {source.context} is missing", REMEDY)


def base_images(source: ImageSource, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return the base images of a Dockerfile by build argument: the settings' or the chosen one, else its own default.

    Args:
        source: The image.
        chosen: Build argument to image reference, from set-up.
    """
    bases: dict[str, str] = {}
    known = {**chosen, **source.arguments}
    for line in source.dockerfile.read_text(encoding="utf-8").splitlines():
        if _FROM.match(line):  # only arguments before the first FROM can name a base
            break
        argument = _ARGUMENT.match(line)
        if argument and argument["name"] in BASE_ARGUMENTS:
            bases[argument["name"]] = known.get(argument["name"], argument["value"])
    return bases


def other_bases(source: ImageSource) -> list[str]:
    """Return the base images that a Dockerfile names by none of those arguments; a broken one is told by its build."""
    try:
        file = dockerfile.parse(source.dockerfile.read_text(encoding="utf-8"))
    except dockerfile.DockerfileError:
        return []
    known = {stage.name for stage in file.stages} | {file.arguments.get(name) for name in BASE_ARGUMENTS} | {"scratch"}
    return [stage.base for stage in file.stages if stage.base not in known and "$" not in stage.base]


def source_date(source: ImageSource) -> dict[str, str]:
    """Return the build argument for the date that a Dockerfile gives to all files; none where it gives none.

    Given explicitly, BuildKit (0.11 and later) puts this date into the image's configuration as well:
    https://reproducible-builds.org/docs/source-date-epoch/
    """
    found = _SOURCE_DATE.search(source.dockerfile.read_text(encoding="utf-8"))
    return {"SOURCE_DATE_EPOCH": found[1]} if found else {}


def tag(source: ImageSource, base_ids: Mapping[str, str]) -> str:
    """Return the image's tag: a hash of its context, its Dockerfile and its bases.

    Args:
        source: The image.
        base_ids: Build argument to the base's image id.
    """
    digest = hashlib.sha256(source.dockerfile.read_bytes())
    for name, value in sorted({**source.arguments, **base_ids}.items()):
        digest.update(f"\0{name}={value}".encode())
    for path in files(source):
        digest.update(f"\0{path.relative_to(source.context).as_posix()}\0".encode())
        digest.update(_content(path))
    return digest.hexdigest()[:TAG_LENGTH]


def files(source: ImageSource) -> Iterator[Path]:
    """Yield the files that the build sends, in a fixed order."""
    for name in sorted(exclude_paths(str(source.context), _ignored(source))):
        path = source.context / name
        if path.is_symlink() or path.is_file():
            yield path


def _content(path: Path) -> bytes:
    """Return what identifies a file: its link target, or whether it can be run and its bytes."""
    if path.is_symlink():
        return b"link " + str(path.readlink()).encode()
    mode = b"x" if path.stat().st_mode & 0o100 else b"-"
    return mode + hashlib.sha256(path.read_bytes()).digest()


def _ignored(source: ImageSource) -> list[str]:
    """Return the patterns of the ignore file beside the Dockerfile (it wins over one in the context)."""
    file = source.dockerfile.with_name(f"{source.dockerfile.name}.dockerignore")
    if not file.is_file():
        return []
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]
