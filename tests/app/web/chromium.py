"""A Chromium from its npm package, unpacked with the frontend's Node."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.plain.node import once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_todo_k8s.plain.node import Node

_UNPACK_TIMEOUT_S: Final = 120.0

_UNPACK_CHROMIUM: Final = """
import chromium from "@sparticuz/chromium";
const executable = await chromium.executablePath();
console.log(JSON.stringify({ executable, libraries: process.env.LD_LIBRARY_PATH }));
"""
_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{home}/fonts</dir><cachedir>{home}/fonts-cache</cachedir></fontconfig>
"""


@dataclass(frozen=True)
class Chromium:
    """A browser and the variables that its process needs."""

    executable: Path
    environment: Mapping[str, str]


def chromium(node: Node, cache: Path) -> Chromium:
    """Unpack the Chromium of its npm package below `cache`, unless it is there.

    It takes its own libraries along only where it believes itself in the cloud function that it was made for, and a
    machine without a browser has none of them either.
    """
    manifest = node.frontend / "node_modules/@sparticuz/chromium/package.json"
    package = json.loads(manifest.read_text(encoding="utf-8"))
    home = cache / f"chromium-{package['version']}"
    variables = {**node.variables, "TMPDIR": str(home), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs24.x"}
    argv: list[str | Path] = [node.executable, "--input-type=module", "--eval", _UNPACK_CHROMIUM]

    def unpack() -> None:
        result = node.commands.run(argv, timeout_s=_UNPACK_TIMEOUT_S, env=variables, cwd=node.frontend)
        (home / "unpacked.json").write_text(result.stdout, encoding="utf-8")
        (home / "fonts.conf").write_text(_FONTS.format(home=home), encoding="utf-8")

    once(home, package["version"], unpack)
    unpacked = json.loads((home / "unpacked.json").read_text(encoding="utf-8"))
    environment = {"LD_LIBRARY_PATH": unpacked["libraries"], "FONTCONFIG_FILE": str(home / "fonts.conf")}
    return Chromium(Path(unpacked["executable"]), environment)
