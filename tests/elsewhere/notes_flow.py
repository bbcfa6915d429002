"""A user's way through the notes: what `flow` in todo-k8s.toml names."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from urllib.request import urlopen

if TYPE_CHECKING:
    from pytest_todo_k8s.flows.named import Steps


def journey(frontend: str, steps: Steps) -> None:
    """Write a note and find it on the page."""
    with steps.step("the page"):
        page = _get(frontend, "/")
        assert "Notes of a run" in page, page
        assert "written in the cluster" in page, page
    with steps.step("write a note"):
        form = urlencode({"text": steps.mark}).encode()
        with urlopen(f"{frontend}/notes", data=form, timeout=10) as answer:
            assert steps.mark in answer.read().decode(), "the page does not show the new note"
    with steps.step("read the notes"):
        assert steps.mark in _get(frontend, "/notes")


def _get(frontend: str, path: str) -> str:
    with urlopen(f"{frontend}{path}", timeout=10) as answer:
        text: str = answer.read().decode()
    return text
