"""docs/other-applications.md shows the application that is really judged, and has every key there is."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from pytest_todo_k8s import application
from pytest_todo_k8s.allowances import KEY

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/other-applications.md").read_text(encoding="utf-8")
ELSEWHERE = ROOT / "tests/elsewhere"
PARTS = (
    application.Application,
    application.Frontend,
    application.Backend,
    application.Image,
    application.Database,
    application.Model,
    application.Question,
    application.Plain,
)


def test_the_example_is_the_application_that_is_judged() -> None:
    shown = re.findall(r"^```(?:toml|python)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    for name in ("todo-k8s.toml", "notes_flow.py", "notes_requests.py"):
        assert (ELSEWHERE / name).read_text(encoding="utf-8") in shown, name
    assert (ELSEWHERE / "tests/test_criteria.py").is_file()


def test_every_key_is_there_and_no_other() -> None:
    keys = {field.name.replace("_", "-") for part in PARTS for field in dataclasses.fields(part)}
    tables = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    listed = {key for cell in tables for key in re.findall(r"`([a-z-]+)`", cell)}
    told = set(re.findall(r"`([a-z-]+)`", PAGE))
    assert keys - told - {"frontend", "backend", "database", "model", "plain"} == set()
    assert listed - keys - {KEY} == set()
