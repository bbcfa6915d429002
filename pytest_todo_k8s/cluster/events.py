"""Kubernetes events: when something was last said, how often, and the warnings of a namespace as evidence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.measurements import WarningEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.tools.redaction import Redactor

SHOWN: Final = 300
"""Characters of one message in a sentence."""
MESSAGE_CHARACTERS: Final = 500
"""Characters of one message in the evidence."""
LIMIT: Final = 200
"""Warnings kept of one namespace, the latest ones; a controller that tries for ever must not fill the evidence."""
_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")


def read(kube: Kube, namespace: str) -> list[dict[str, Any]]:
    """Return the events of a namespace (raw JSON); the API server keeps them for an hour.

    Raises:
        KubeError: The API fails.
    """
    return kube.items(f"/api/v1/namespaces/{namespace}/events")


def plain(text: str, limit: int = SHOWN) -> str:
    """Return text from the cluster on one line, without control characters, cut to `limit` characters."""
    line = " ".join(_CONTROL.sub("", text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def last_seen(event: Mapping[str, Any]) -> str:
    """Return when an event was last seen: RFC 3339 in UTC, so text compares as time does; empty: it tells nothing."""
    series = event.get("series") or {}
    return str(event.get("lastTimestamp") or series.get("lastObservedTime") or event.get("eventTime") or "")


def warnings(events: Iterable[Mapping[str, Any]], redactor: Redactor, *, ready: str = "") -> list[WarningEvent]:
    """Return the Warning events among events, oldest first.

    Args:
        events: Raw JSON.
        redactor: Takes secrets out of their messages.
        ready: When the last pod was Ready, as `last_seen` gives times; empty: no pod was.
    """
    found = sorted((event for event in events if event.get("type") == "Warning"), key=last_seen)
    return [
        WarningEvent(
            object=f"{event['involvedObject'].get('kind')}/{event['involvedObject'].get('name')}",
            reason=str(event.get("reason")),
            message=redactor.clean(plain(str(event.get("message") or ""), MESSAGE_CHARACTERS)),
            count=int(event.get("count") or (event.get("series") or {}).get("count") or 1),
            after_ready=bool(ready) and last_seen(event)[:19] > ready[:19],
        )
        for event in found[-LIMIT:]
    ]
