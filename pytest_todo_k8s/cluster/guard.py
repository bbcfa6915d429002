"""Which API servers a run may touch at all, whatever the options say."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pytest_todo_k8s.errors import PhaseError

if TYPE_CHECKING:
    from collections.abc import Mapping

DENY_VARIABLE: Final = "TODO_DENY_SERVERS"
"""Environment variable with patterns of API servers that a run must never touch, separated by commas."""
ALLOW_VARIABLE: Final = "TODO_ALLOW_SERVERS"
"""Environment variable with patterns of the only API servers that a run may touch; without it, all others."""


def check(server: str, environment: Mapping[str, str]) -> None:
    """Refuse a server that is on the deny-list, or not on the allow-list where there is one.

    Args:
        server: The API server's URL.
        environment: The caller's.

    Raises:
        PhaseError: It must not be touched.
    """
    if _matches(server, environment.get(DENY_VARIABLE, "")):
        raise PhaseError("preflight", f"the API server {server} is on the list {DENY_VARIABLE}", "name another cluster")
    allowed = environment.get(ALLOW_VARIABLE, "")
    if allowed and not _matches(server, allowed):
        raise PhaseError(
            "preflight", f"the API server {server} is not on the list {ALLOW_VARIABLE}", "name another cluster"
        )


def _matches(server: str, patterns: str) -> bool:
    """Whether a server's host matches one of the patterns (`prod-*.example.com`), or its URL one of them."""
    host = urlsplit(server).hostname or ""
    return any(
        fnmatch.fnmatch(host, pattern) or fnmatch.fnmatch(server, pattern)
        for pattern in (part.strip() for part in patterns.split(","))
        if pattern
    )
