"""Images as `docker save` writes them, made of a few files."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


def packed(files: Mapping[str, bytes], compression: Literal["", "gz"] = "") -> bytes:
    """Return a tar archive; a name that ends in a slash is a folder's."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz" if compression else "w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def saved(*layers: Mapping[str, bytes], compression: Literal["", "gz"] = "", manifest: bool = True) -> bytes:
    """Return an image with these layers, lowest first."""
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    history = [{"created_by": "ENV A=1", "empty_layer": True}, *({"created_by": f"COPY {name}"} for name in names)]
    files = {name: packed(layer, compression) for name, layer in zip(names, layers, strict=True)}
    files["abc.json"] = json.dumps({"history": history}).encode()
    if manifest:
        files["manifest.json"] = json.dumps([{"Config": "abc.json", "Layers": names}]).encode()
    return packed(files)
