"""What the API is asked in the cluster and as a plain process: what `plain.requests` in todo-k8s.toml names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.comparing.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN = {"X-Notes-Token": "{NOTES_TOKEN}"}


def requests(mark: str) -> Iterator[Request]:
    """Give the requests, in order; what they make and find holds the mark, for the two do not keep the same notes."""
    notes = f"/notes?with={mark}-compared"
    yield Request("it lives", "GET", "/livez", user=None)
    yield Request("no token", "GET", notes, user=None)
    yield Request("a wrong token", "GET", notes, user=None, headers={"X-Notes-Token": "x"})
    yield Request("no note yet", "GET", notes, user=None, headers=KNOWN)
    yield Request("a note", "POST", "/notes", raw=f"{mark}-compared".encode(), user=None, headers=KNOWN)
    yield Request("the note", "GET", notes, user=None, headers=KNOWN)
    yield Request("another path", "GET", "/elsewhere", user=None, headers=KNOWN)
    yield Request("another method", "PUT", "/notes", user=None, headers=KNOWN)
