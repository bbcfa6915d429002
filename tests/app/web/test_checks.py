"""Static checks of the frontend: its linter, its types, its unit tests, its lock file and what is in its build."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.app.web.servers import FRONTEND

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.plain.node import Node

INSIDE = re.compile(r"svc|todo-backend|:8080|localhost")
"""Names and addresses of the cluster's inside, or of a developer's machine."""


def texts(folder: Path) -> dict[str, str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_text(encoding="utf-8", errors="replace") for file in files}


@pytest.mark.parametrize("script", ["lint", "type", "test"])
def test_npm_script_finds_nothing(node: Node, script: str) -> None:
    result = node.npm("run", script, timeout_s=240, check=False)
    assert result.ok, f"{result.stdout}\n{result.stderr}"


def test_the_lock_file_has_hashes_no_addresses_and_both_c_libraries() -> None:
    text = (FRONTEND / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in text
    packages = {
        name: package for name, package in json.loads(text)["packages"].items() if name and "link" not in package
    }
    assert [
        name for name, package in packages.items() if not package.get("integrity") and not package.get("inBundle")
    ] == []
    for variant in ("gnu", "musl"):
        assert f"node_modules/@next/swc-linux-x64-{variant}" in packages
        assert f"node_modules/@next/swc-linux-arm64-{variant}" in packages


def test_versions_are_exact() -> None:
    package = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    versions = package["dependencies"] | package["devDependencies"]
    assert {name: version for name, version in versions.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)} == {}


def test_the_browser_gets_no_address_of_the_clusters_inside(built: Node) -> None:
    bundle = texts(built.standalone / ".next" / "static")
    assert any(name.endswith(".js") for name in bundle)
    assert [name for name, text in bundle.items() if INSIDE.search(text)] == []


def test_the_image_gets_only_what_runs(built: Node) -> None:
    server = built.standalone
    names = [str(file.relative_to(server)) for file in server.rglob("*")]
    assert "server.js" in names
    assert "runtime/start.mjs" in names
    unwanted = re.compile(r"\.map$|(^|/)\.env|node_modules/(@img|sharp|typescript)(/|$)|\.test\.")
    assert [name for name in names if unwanted.search(name)] == []


def test_nothing_of_the_build_environment_is_read_by_client_code() -> None:
    client = texts(FRONTEND / "src" / "browser") | texts(FRONTEND / "src" / "components")
    assert [name for name, text in client.items() if "process.env" in text or "NEXT_PUBLIC" in text] == []
