"""docs/quickstart.md, block by block, in a fresh clone: what it tells a newcomer is what happens."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.tools.command import CommandRunner

if TYPE_CHECKING:
    from pytest_todo_k8s.tools.command import CommandResult

ROOT = Path(__file__).parents[2]
SECTIONS = re.split(r"^## ", (ROOT / "docs/quickstart.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
BLOCKS = [
    (section.partition("\n")[0], block)
    for section in SECTIONS
    for block in re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
]
TIMEOUT_S = 1800.0


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that nobody has touched; the cluster is the one of the user's cache folder."""
    folder = tmp_path_factory.mktemp("quickstart") / "checkout"
    CommandRunner(os.environ).run(["git", "clone", "--quiet", str(ROOT), str(folder)], timeout_s=120)
    return folder


def run(block: str, clone: Path) -> CommandResult:
    commands = CommandRunner(os.environ)
    return commands.run(["bash", "-euo", "pipefail", "-c", block], timeout_s=TIMEOUT_S, cwd=clone, check=False)


@pytest.mark.parametrize(("heading", "block"), BLOCKS, ids=[heading for heading, _ in BLOCKS])
def test_block(heading: str, block: str, clone: Path) -> None:
    result = run(block, clone)
    assert result.ok, f"{heading}: status {result.exit_code}\n{result.stdout[-3000:]}\n{result.stderr[-3000:]}"


def test_the_run_passed_and_left_nothing(clone: Path) -> None:
    evidence = json.loads((clone / "out/evidence.json").read_text())
    assert {result["verdict"] for result in evidence["criteria"]} == {"PASS"}
    assert evidence["cleanup"]["leftovers"] == []


def test_all_blocks_were_found() -> None:
    assert len(BLOCKS) == 6
