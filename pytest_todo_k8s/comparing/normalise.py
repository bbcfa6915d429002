"""Takes out of an answer what must differ between two applications, and only that: a few rules, by key.

A value is replaced only where it has the form that its key promises; a wrong form stays and shows as a difference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

RULES: Final = (
    (
        "ids (keys id, user_id, task_id, message_id, conversation_id, an error's message if it is one; Location): "
        "numbered in order of appearance, so that references must still agree"
    ),
    "times (keys created_at, updated_at, expires_at, timestamp): ISO 8601 in UTC replaced by <time>",
    "token: a JSON Web Token replaced by <token>",
    "request ids (key request_id, header X-Request-ID): replaced by <request id>",
    "uptime_s and latency_ms: a number replaced by <number>",
    "metrics (Prometheus text): names, kinds and descriptions are compared, values and labels are not",
)
"""What is normalised, for the report."""
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_TOKEN: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ID_KEYS: Final = frozenset({"id", "user_id", "conversation_id", "message_id", "task_id", "message"})
_NUMBER_KEYS: Final = frozenset({"uptime_s", "latency_ms"})
_METRICS: Final = ("# HELP ", "# TYPE ")
"""How Prometheus text begins (Prometheus documentation, "Exposition formats")."""
_FORMS: Final = {
    "created_at": (_TIME, "<time>"),
    "updated_at": (_TIME, "<time>"),
    "expires_at": (_TIME, "<time>"),
    "timestamp": (_TIME, "<time>"),
    "token": (_TOKEN, "<token>"),
    "request_id": (_REQUEST_ID, "<request id>"),
}


@dataclass(slots=True)
class Normaliser:
    """Normalises the answers of one application, in order.

    Attributes:
        ids: UUID to its number.
    """

    ids: dict[str, str] = field(default_factory=dict)

    def value(self, value: object, key: str = "") -> object:
        """Return a JSON value with what must differ taken out.

        Args:
            value: The value.
            key: Key of the object that holds it.
        """
        if isinstance(value, dict):
            return {name: self.value(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [self.value(each, key) for each in value]
        if key in _NUMBER_KEYS and isinstance(value, int | float) and not isinstance(value, bool):
            return "<number>"
        return self._text(value, key) if isinstance(value, str) else value

    @staticmethod
    def text(text: str) -> object:
        """Return a body that is not JSON: of Prometheus text the lines that describe its metrics, sorted."""
        if not text.startswith(_METRICS):
            return text
        return sorted(line for line in text.splitlines() if line.startswith("# "))

    def header(self, name: str, value: str) -> str:
        """Return a header's value with what must differ taken out."""
        if name == "location":
            return _UUID.sub(lambda found: self._number(found[0]), value)
        return "<request id>" if name == "x-request-id" and _REQUEST_ID.fullmatch(value) else value

    def _text(self, value: str, key: str) -> str:
        if key in _ID_KEYS and _UUID.fullmatch(value):
            return self._number(value)
        form, mask = _FORMS.get(key, (None, ""))
        return mask if form and form.fullmatch(value) else value

    def _number(self, uuid: str) -> str:
        return self.ids.setdefault(uuid, f"<id {len(self.ids) + 1}>")
