from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Literal

import pytest

from pytest_todo_k8s.tools import image_contents
from tests.unit.tools.saved_image import packed, saved

if TYPE_CHECKING:
    from pytest_todo_k8s.measurements import ImageContents

SITE = "opt/venv/lib/python3.13/site-packages"
RECORD = b"fastapi/api.py,sha256=x,3\n../../../bin/fastapi,,\nsix.py,,\nfastapi-0.165.0.dist-info/RECORD,,\n"


def contents(image: bytes) -> ImageContents:
    with tarfile.open(fileobj=io.BytesIO(image), mode="r|") as archive:
        return image_contents.read(archive)


@pytest.mark.parametrize("compression", ["", "gz"])
def test_parts_layers_and_packages_add_up(compression: Literal["", "gz"]) -> None:
    base = {"usr/bin/python3.13": b"p" * 50, "usr/lib/libc.so.6": b"c" * 40, "usr/lib/python3.13/os.py": b"o" * 30}
    packages = {
        f"{SITE}/fastapi-0.165.0.dist-info/RECORD": RECORD,
        f"{SITE}/fastapi/api.py": b"a" * 20,
        f"{SITE}/six.py": b"s" * 7,
        f"{SITE}/__pycache__/": b"",
        f"{SITE}/__pycache__/six.cpython-313.pyc": b"s" * 5,
        "app/node_modules/@next/env/package.json": json.dumps({"version": "16.4.5"}).encode(),
        "app/node_modules/@next/env/dist/index.js": b"n" * 9,
    }
    application = {"srv/backend/app/api.py": b"x" * 3, "app/server.js": b"y"}
    found = contents(saved(base, packages, application, compression=compression))
    assert [each.size_bytes for each in found.layers] == [
        sum(map(len, each.values())) for each in (base, packages, application)
    ]
    assert [each.instruction for each in found.layers] == [f"COPY {number}/layer.tar" for number in range(3)]
    assert found.parts == {"packages": found.layers[1].size_bytes, "application": 4, "runtime": 80, "base": 40}
    assert [(each.name, each.version, each.size_bytes) for each in found.packages] == [
        ("fastapi", "0.165.0", len(RECORD) + 20 + 7 + 5),
        ("@next/env", "16.4.5", 21 + 9),
    ]
    assert [(each.name, each.part) for each in found.files][:2] == [
        ("/usr/bin/python3.13", "runtime"),
        ("/usr/lib/libc.so.6", "base"),
    ]
    assert found.hidden_bytes == 0


def test_what_a_later_layer_replaces_or_removes_is_hidden() -> None:
    found = contents(
        saved(
            {"a": b"1" * 10, "folder/b": b"2" * 20, "folder/c": b"3" * 30, "other/d": b"4" * 40},
            {"a": b"1" * 11, "folder/.wh.b": b""},
            {"other/.wh..wh..opq": b"", "other/e": b"5"},
        )
    )
    assert found.hidden_bytes == 10 + 20 + 40
    assert [each.size_bytes for each in found.layers] == [100, 11, 1]


def test_equal_layers_are_links_in_the_older_form() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in {
            "1/layer.tar": packed({"a": b"12345"}),
            "2/layer.tar": None,
            "abc.json": json.dumps({"history": []}).encode(),
            "manifest.json": json.dumps([{"Config": "abc.json", "Layers": ["1/layer.tar", "2/layer.tar"]}]).encode(),
        }.items():
            member = tarfile.TarInfo(name)
            if content is None:
                member.type, member.linkname = tarfile.SYMTYPE, "../1/layer.tar"
            else:
                member.size = len(content)
            archive.addfile(member, io.BytesIO(content or b""))
    found = contents(buffer.getvalue())
    assert [(each.instruction, each.size_bytes) for each in found.layers] == [("", 5), ("", 5)]


def test_what_is_no_saved_image_is_refused() -> None:
    with pytest.raises(ValueError, match="the saved image lacks something: 'manifest"):
        contents(packed({"a": b"1"}))
