"""Where the bytes of an image are: layers, parts (base, runtime, packages, application) and the largest packages.

Read from an image as `docker save` writes it (OCI Image Layout, or the older form with one folder for each layer).
"""

from __future__ import annotations

import io
import json
import posixpath
import re
import tarfile
from collections import Counter
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Final, cast

from pytest_todo_k8s.measurements import ImageContents, ImageLayer, ImagePackage

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS: Final = (
    ("packages", re.compile(r"opt/venv/|app/node_modules/|.*/(?:site|dist)-packages/")),
    ("application", re.compile(r"srv/|app/|etc/postgresql/|usr/local/bin/(?:entrypoint|postgres-ready)$")),
    ("runtime", re.compile(r"usr/(?:local/)?(?:bin|lib)/(?:python3|libpython3|node)|usr/(?:lib|share)/postgresql/")),
    ("base", re.compile("")),
)
"""Part of an image and the paths that belong to it; the first that matches counts."""
LARGEST_FILES: Final = 15
_PYTHON: Final = re.compile(r"(?P<folder>.*/(?:site|dist)-packages/)(?P<top>[^/]+)")
_DISTRIBUTION: Final = re.compile(r"(?P<folder>.*/)(?P<name>[^/]+)-(?P<version>[^/-]+)\.dist-info/RECORD$")
_NPM: Final = re.compile(r".*node_modules/(?P<name>(?:@[^/]+/)?[^/]+)/(?P<rest>.+)")
_WHITEOUT: Final = ".wh."
_OPAQUE: Final = ".wh..wh..opq"
_SMALL_BYTES: Final = 4_000_000
"""Blobs up to this size are looked into whole: only there can an image's JSON documents be."""


@dataclass
class _Files:
    """The files of a layer: bytes by path, paths that it removes, and what its package records say."""

    sizes: dict[str, int] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    owners: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Top-level path in a folder of Python packages, or folder of an npm package, to name and version."""

    @property
    def size_bytes(self) -> int:
        return sum(self.sizes.values())


def read(archive: tarfile.TarFile) -> ImageContents:
    """Read what is in an image.

    Args:
        archive: The image, as `Engine.archive` opens it.

    Raises:
        ValueError: It is not what `docker save` writes.
    """
    layers: dict[str, _Files] = {}
    documents: dict[str, Any] = {}
    links: dict[str, str] = {}
    for member in archive:
        if member.issym() or member.islnk():  # the older form links equal layers
            links[member.name] = posixpath.normpath(posixpath.join(posixpath.dirname(member.name), member.linkname))
        stream = archive.extractfile(member) if member.isreg() else None
        if stream is None:
            continue
        if member.size <= _SMALL_BYTES:
            content = stream.read()
            document = _json(content)
            if document is not None:
                documents[member.name] = document
                continue
            stream = io.BytesIO(content)
        files = _layer(stream)
        if files is not None:
            layers[member.name] = files
    try:
        manifest = documents["manifest.json"][0]
        history = documents[manifest["Config"]].get("history", ())
        instructions = [each.get("created_by", "") for each in history if not each.get("empty_layer")]
        ordered = [layers[links.get(name, name)] for name in manifest["Layers"]]
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError(f"the saved image lacks something: {error}") from None
    return _contents(ordered, instructions)


def _json(content: bytes) -> Any:
    """Return a JSON document's content; None: it is none."""
    if content[:1] not in (b"{", b"["):
        return None
    try:
        return json.loads(content)
    except ValueError:
        return None


def _layer(stream: IO[bytes]) -> _Files | None:
    """Read a layer's file list; None: this is no archive."""
    files = _Files()
    try:
        with tarfile.open(fileobj=cast("Any", stream), mode="r|*") as layer:
            for member in layer:
                folder, name = posixpath.split(posixpath.normpath(member.name))
                if name == _OPAQUE:
                    files.removed.append(f"{folder}/")
                elif name.startswith(_WHITEOUT):
                    path = posixpath.join(folder, name.removeprefix(_WHITEOUT))
                    files.removed += [path, f"{path}/"]
                elif not member.isdir():
                    path = posixpath.join(folder, name)
                    files.sizes[path] = member.size if member.isreg() else 0
                    files.owners.update(_owners(path, layer, member))
    except tarfile.ReadError:
        return None
    return files


def _owners(path: str, layer: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield what a package's own record says of whose files are where."""
    if distribution := _DISTRIBUTION.match(path):
        owner = (distribution["name"], distribution["version"])
        stream = layer.extractfile(member)
        for line in stream.read().decode(errors="replace").splitlines() if stream else ():
            top = line.partition(",")[0].partition("/")[0].strip('"')
            if top not in {"..", "__pycache__", ""}:
                yield f"{distribution['folder']}{top}", owner
    elif (npm := _NPM.match(path)) and npm["rest"] == "package.json":
        stream = layer.extractfile(member)
        document = _json(stream.read()) if stream else None
        if isinstance(document, dict):
            yield posixpath.dirname(path), (npm["name"], str(document.get("version", "")))


def _contents(layers: list[_Files], instructions: list[str]) -> ImageContents:
    """Add up the layers of an image, lowest first."""
    parts: Counter[str] = Counter({name: 0 for name, _ in PARTS})
    packages: Counter[tuple[str, str]] = Counter()
    loose: list[tuple[str, int]] = []
    owners = {path: owner for layer in layers for path, owner in layer.owners.items()}
    versions = dict(owners.values())
    for layer in layers:
        for path, size in layer.sizes.items():
            part = _part(path)
            parts[part] += size
            if name := _package(path, owners):
                packages[name, part] += size
            else:
                loose.append((path, size))
    named = [
        ImagePackage(name=name, version=versions.get(name) or None, part=part, size_bytes=size)
        for (name, part), size in packages.most_common()
    ]
    largest = sorted(loose, key=lambda each: (-each[1], each[0]))[:LARGEST_FILES]
    padded = [*([""] * (len(layers) - len(instructions))), *instructions][-len(layers) :]
    return ImageContents(
        layers=[
            ImageLayer(instruction=instruction, size_bytes=layer.size_bytes)
            for instruction, layer in zip(padded, layers, strict=True)
        ],
        parts=dict(parts),
        packages=named,
        files=[ImagePackage(name=f"/{path}", part=_part(path), size_bytes=size) for path, size in largest],
        hidden_bytes=_hidden_bytes(layers),
    )


def _part(path: str) -> str:
    return next(name for name, pattern in PARTS if pattern.match(path))


def _package(path: str, owners: dict[str, tuple[str, str]]) -> str | None:
    """Return the package that a file belongs to; None: to none."""
    if python := _PYTHON.match(path):
        top = python["top"]
        if top == "__pycache__":  # byte code of modules that are one file each
            top = posixpath.basename(path).partition(".")[0] + ".py"
        owner = owners.get(f"{python['folder']}{top}")
        return owner[0] if owner else top
    if npm := _NPM.match(path):
        return npm["name"]
    return None


def _hidden_bytes(layers: list[_Files]) -> int:
    """Bytes that lie in a layer and that nobody sees, because a later one replaced or removed the file."""
    hidden, seen = 0, dict[str, int]()
    for layer in layers:
        folders = tuple(path for path in layer.removed if path.endswith("/"))
        gone = {path for path in seen if path in layer.removed or (folders and path.startswith(folders))}
        gone |= layer.sizes.keys() & seen.keys()
        hidden += sum(seen.pop(path) for path in gone)
        seen.update(layer.sizes)
    return hidden
