"""The API document against the application: schemathesis makes requests from it and checks the answers by it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.app.backend.conftest import Backend, User

CASES_PER_OPERATION = 10
TIMEOUT_S = 400


@pytest.fixture
def configuration(backend: Backend, tmp_path: Path) -> User:
    """The account whose things are asked for; another one tries to see them too."""
    users = {"owner": backend.user(), "stranger": backend.user()}
    accounts = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {user.token}"}]}
        for name, user in users.items()
    ]
    (tmp_path / "accounts.json").write_text(json.dumps({"auth": accounts}), encoding="utf-8")
    (tmp_path / "schemathesis.toml").write_text(
        f"""
        [parameters]
        "path.user_id" = "{users["owner"].id}"
        [auth.wfc]
        path = "accounts.json"
        user = "owner"
        peers = ["owner", "stranger"]
        """,
        encoding="utf-8",
    )
    return users["owner"]


def test_every_answer_is_what_the_document_promises(backend: Backend, configuration: User, tmp_path: Path) -> None:
    configuration.task()
    configuration.chat("Hello!")
    options = ["--checks", "all", "--max-examples", str(CASES_PER_OPERATION), "--seed", "1", "--continue-on-failure"]
    options += ["--report", "json", "--report-json-path", "report.json"]
    output = subprocess.run(
        [Path(sys.executable).with_name("st"), "run", f"{backend.url}/openapi.json", *options],
        cwd=tmp_path,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert output.returncode == 0, output.stdout[-20_000:] + output.stderr
    report: dict[str, Any] = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    document = backend.client().get("/openapi.json").json()
    number = sum(len(methods) for methods in document["paths"].values())
    assert (report["complete"], report["operations"]["tested"]) == (True, number)
    assert report["test_cases"]["generated"] > 40 * number
    assert (report["test_cases"]["with_failures"], report["test_cases"]["errored"]) == (0, 0)
    assert (report["failures"], report["errors"]) == ([], [])
