"""Runs hadolint and checkov, which are installed beside pytest (extra `scan`), and reads what they found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.scan.findings import ROOT, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LIMIT_S: Final = 300
PROGRAMS: Final = Path(sys.executable).parent


def hadolint(files: Sequence[Path]) -> list[Finding]:
    """Lint Dockerfiles; remarks in them that silence a rule count for nothing."""
    found = _run("hadolint", "--no-fail", "--disable-ignore-pragma", "--format=json", *files)
    return [Finding("hadolint", each["code"], _relative(each["file"]), each["message"]) for each in found]


def checkov(framework: str, files: Sequence[Path]) -> list[Finding]:
    """Check files by checkov's own rules of a framework (`dockerfile`, `kubernetes`), offline.

    Comments and annotations that tell checkov to skip a rule are findings as well. The place of a finding is the path
    of a Dockerfile, and `Kind/name` of a manifest.
    """
    options = (f"--framework={framework}", "--skip-download", "--soft-fail", "--compact", "--output=json")
    answer = _run("checkov", *options, *(f"--file={file}" for file in files))
    assert "results" in answer, f"checkov looked at nothing: {answer}"
    assert answer["summary"]["parsing_errors"] == 0, answer["results"]["parsing_errors"]
    results = answer["results"]
    looked_at = {each["file_abs_path"] for kind in ("passed_checks", "failed_checks") for each in results[kind]}
    assert looked_at == {str(file) for file in files}, "checkov left files out"
    return [
        Finding(f"checkov {framework}", each["check_id"], _place(framework, each), each["check_name"])
        for each in [*results["failed_checks"], *results["skipped_checks"]]
    ]


def _run(program: str, *arguments: str | Path) -> Any:
    """Run a scanner and return its answer; it has to end well, found or not found."""
    done = subprocess.run(
        [PROGRAMS / program, *arguments],
        cwd=ROOT,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, f"{program} ended with {done.returncode}: {done.stderr}"
    return json.loads(done.stdout)


def _place(framework: str, check: dict[str, Any]) -> str:
    if framework == "dockerfile":
        return _relative(check["file_abs_path"])
    kind, _, name = str(check["resource"]).partition(".")
    return f"{kind}/{name.rpartition('.')[2]}"


def _relative(file: str) -> str:
    path = Path(file)
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else file


def dockerfiles(folders: Iterable[str]) -> list[Path]:
    """Return the Dockerfiles below folders of the project."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    return sorted(path for path in found if path.name == "Dockerfile" or path.suffix == ".Dockerfile")
