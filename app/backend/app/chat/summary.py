"""What a turn has done, in words for the user: for turns that end before the model could tell it."""

from __future__ import annotations

from collections.abc import Sequence

from app.chat.messages import Invocation

VERBS = {"created": "added", "completed": "completed", "deleted": "deleted", "updated": "changed"}
"""Words for the status that a tool returns; reading the list has none, for it changes nothing."""


def what_was_done(invocations: Sequence[Invocation]) -> list[str]:
    """Return one sentence that names all changes in order, or nothing when there were none."""
    results = [invocation.result for invocation in invocations if invocation.done]
    changes = [f"{VERBS[result['status']]} “{result['title']}”" for result in results if result.get("status") in VERBS]
    return [f"Done so far: {', '.join(changes)}."] if changes else []
