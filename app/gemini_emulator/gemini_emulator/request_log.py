"""The requests that reached the emulator, for assertions in tests; keys are not kept."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

REDACTED = "[redacted]"
KEPT = 100
"""The number of requests that are kept; the oldest one goes first."""

SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-goog-api-key"})
KEY_PARAMETER = "key"


@dataclass(frozen=True)
class LoggedRequest:
    """One request: header names are in lower case, the body is what was sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: str


class RequestLog:
    """The newest requests in the order of their arrival. Safe to be read from another thread."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._entries: deque[LoggedRequest] = deque(maxlen=KEPT)

    def add(self, method: str, path: str, query: str, headers: Mapping[str, str], body: str) -> int:
        """Keep a request without its keys. Return how many with the same path and body are kept already."""
        safe = {name: REDACTED if name in SECRET_HEADERS else value for name, value in headers.items()}
        entry = LoggedRequest(method, path, _without_key(query), safe, body)
        with self._lock:
            same = sum((each.path, each.body) == (path, body) for each in self._entries)
            self._entries.append(entry)
        return same

    def entries(self) -> list[LoggedRequest]:
        """Return what is kept."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget everything, as between two tests."""
        with self._lock:
            self._entries.clear()


def _without_key(query: str) -> str:
    fields = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, REDACTED if name == KEY_PARAMETER else value) for name, value in fields], safe="[]")
