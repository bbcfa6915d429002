"""Finding the one task that a user means: by id, by place in the list that was shown, or by title.

A name that fits several tasks is never decided here: the model gets the candidates and asks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app import tasks
from app.database import Connection
from app.tasks import TASKS_PER_USER, Order, Selection, Task

UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

POSITION_FORM = re.compile(r"\d{1,6}", re.ASCII)

CANDIDATES_SHOWN = 5


class ToolError(Exception):
    """A call that had no effect; its text is for the model, which tells the user in its own words."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        """``code`` is stable, ``details`` are further keys of the result."""
        super().__init__(message)
        self.error = {"code": code, "message": message, **details}


def not_found(what: str) -> ToolError:
    """The result for something that no task of the user fits."""
    return ToolError("NOT_FOUND", f"No task fits {what}.")


async def by_position(connection: Connection, user_id: UUID, listed: Sequence[UUID] | None, position: int) -> Task:
    """Return the task at a place (from 1) of the last list that was shown in the conversation.

    ``listed`` holds the ids of that list, None when there was none. Raises ToolError NO_LIST or NOT_FOUND.
    """
    if listed is None:
        raise ToolError("NO_LIST", "No list was shown yet in this conversation: call list_tasks first.")
    if not 1 <= position <= len(listed):
        raise not_found(f"position {position} of the last list")
    task = await tasks.get(connection, user_id, listed[position - 1])
    if task is None:
        raise not_found(f"position {position} of the last list any more")
    return task


async def by_text(connection: Connection, user_id: UUID, listed: Sequence[UUID] | None, text: str) -> Task:
    """Return the task that has this id or title, or at last a title with this text in it.

    Upper and lower case, white space and Unicode forms make no difference. Digits alone that are no title are a place
    in the last list. Raises ToolError NOT_FOUND, AMBIGUOUS or NO_LIST.
    """
    if UUID_FORM.fullmatch(text.strip()):
        task = await tasks.get(connection, user_id, UUID(text.strip()))
        if task is not None:
            return task
    wanted = comparable(text)
    found, _ = await tasks.select(connection, user_id, Selection(order=Order.ASC, limit=TASKS_PER_USER))
    same = [task for task in found if comparable(task.title) == wanted]
    if not same and POSITION_FORM.fullmatch(wanted):
        return await by_position(connection, user_id, listed, int(wanted))
    return the_only(same or [task for task in found if wanted in comparable(task.title)], text)


def the_only(hits: Sequence[Task], text: str) -> Task:
    """Return the task if there is exactly one. Raises ToolError NOT_FOUND or AMBIGUOUS."""
    if not hits:
        raise not_found(f"“{text}”")
    if len(hits) > 1:
        candidates = [{"id": str(task.id), "title": task.title, "completed": task.completed} for task in hits]
        raise ToolError(
            "AMBIGUOUS",
            f"{len(hits)} tasks fit “{text}”; nothing was changed. Ask the user which one is meant.",
            candidates=candidates[:CANDIDATES_SHOWN],
        )
    return hits[0]


def comparable(text: str) -> str:
    """Return a text in the form in which titles are compared."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
