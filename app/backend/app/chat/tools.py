"""The five tools of the assistant. Whose tasks they reach is decided by the server and is no argument of theirs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

from pydantic import ValidationError

from app import tasks
from app.chat.arguments import Arguments, Changes, Listing, NewTask, Reference
from app.chat.references import ToolError, by_position, by_text, not_found
from app.database import Connection
from app.tasks import TASKS_PER_USER, Selection, Status, Task

LISTED_AT_MOST = 100
"""Tasks in one result of list_tasks."""

Result: TypeAlias = dict[str, Any]
"""What a tool returns: its values, or ``{"error": {"code", "message", ...}}`` and no effect."""

Accepted = TypeVar("Accepted", bound=Arguments)


@dataclass(frozen=True)
class Tool(Generic[Accepted]):
    """A tool as the model sees it, and what it does."""

    name: str
    description: str
    arguments: type[Accepted]
    run: Callable[[Toolbox, Connection, Accepted], Awaitable[Result]]

    def declaration(self) -> dict[str, Any]:
        """Return the function declaration for the model API."""
        return {
            "name": self.name,
            "description": self.description,
            "parametersJsonSchema": self.arguments.schema_for_model(),
        }

    async def call(self, box: Toolbox, connection: Connection, given: dict[str, Any]) -> Result:
        """Check the arguments and run the tool. Raises ToolError."""
        try:
            arguments = self.arguments.model_validate(given)
        except ValidationError as problem:
            raise ToolError("INVALID_ARGUMENTS", in_words(problem)) from None
        return await self.run(box, connection, arguments)


class Toolbox:
    """The tools for one user in one conversation; ``listed`` holds the ids of the list that was shown last."""

    def __init__(self, user_id: UUID, listed: Sequence[UUID] | None) -> None:
        """``listed`` is None when the conversation has shown no list yet."""
        self.user_id = user_id
        self.listed = listed

    async def call(self, connection: Connection, name: str, given: dict[str, Any]) -> Result:
        """Run one tool. Needs a transaction; what the model did wrong becomes a result without an effect."""
        try:
            return await tool_named(name).call(self, connection, given)
        except ToolError as problem:
            return {"error": problem.error}

    async def find(self, connection: Connection, reference: Reference) -> Task:
        """Return the task that is meant. Raises ToolError."""
        if reference.position is not None:
            return await by_position(connection, self.user_id, self.listed, reference.position)
        text = reference.task_id or reference.title or ""
        return await by_text(connection, self.user_id, self.listed, text)


async def add_task(box: Toolbox, connection: Connection, new: NewTask) -> Result:
    """Make a task."""
    try:
        task = await tasks.create(connection, box.user_id, new.model_dump() | {"completed": False})
    except tasks.TooManyTasksError:
        raise ToolError("TASK_LIMIT", f"There are {TASKS_PER_USER} tasks already; one has to go first.") from None
    return outcome(task, "created")


async def list_tasks(box: Toolbox, connection: Connection, listing: Listing) -> Result:
    """List tasks, newest first like the API, with their places; ``count`` is the number of all that match."""
    completed = None if listing.status is Status.ALL else listing.status is Status.COMPLETED
    selection = Selection(completed=completed, limit=LISTED_AT_MOST)
    found, total = await tasks.select(connection, box.user_id, selection)
    box.listed = [task.id for task in found]
    fields = {"id", "title", "description", "completed", "due_date"}
    shown = [{"position": place, **task.model_dump(mode="json", include=fields)} for place, task in enumerate(found, 1)]
    return {"tasks": shown, "count": total, "truncated": total > len(shown)}


async def complete_task(box: Toolbox, connection: Connection, reference: Reference) -> Result:
    """Mark a task as completed; a completed one stays so."""
    task = await box.find(connection, reference)
    if not task.completed:
        changed = await tasks.update(connection, box.user_id, task.id, {"completed": True})
        task = still_there(changed)
    return outcome(task, "completed")


async def delete_task(box: Toolbox, connection: Connection, reference: Reference) -> Result:
    """Delete a task."""
    task = await box.find(connection, reference)
    if not await tasks.delete(connection, box.user_id, task.id):
        still_there(None)
    return outcome(task, "deleted")


async def update_task(box: Toolbox, connection: Connection, changes: Changes) -> Result:
    """Change title, description or due date of a task."""
    columns = changes.columns()
    if not columns:
        raise ToolError("INVALID_ARGUMENTS", "Give new_title, new_description or new_due_date.")
    task = await box.find(connection, changes)
    return outcome(still_there(await tasks.update(connection, box.user_id, task.id, columns)), "updated")


def outcome(task: Task, status: str) -> Result:
    """Return the result for a task that was made or changed."""
    return {"task_id": str(task.id), "status": status, "title": task.title}


def still_there(task: Task | None) -> Task:
    """Return the task. Raises ToolError when somebody else has deleted it in the meantime."""
    if task is None:
        raise not_found("any more, it was deleted just now")
    return task


def in_words(problem: ValidationError) -> str:
    """Say what is wrong with arguments, without repeating them."""
    items = problem.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'arguments'}: {item['msg'].removeprefix('Value error, ')}"
        for item in items
    )


def tool_named(name: str) -> Tool[Any]:
    """Return a tool. Raises ToolError."""
    if name not in TOOLS:
        raise ToolError("UNKNOWN_TOOL", f"There is no such tool; there are {', '.join(TOOLS)}.")
    return TOOLS[name]


ONE_WAY = "Name the task in exactly one way: task_id, title or position."

TOOLS: dict[str, Tool[Any]] = {
    tool.name: tool
    for tool in (
        Tool("add_task", "Add a task to the user's list.", NewTask, add_task),
        Tool("list_tasks", "List the user's tasks with their positions.", Listing, list_tasks),
        Tool("complete_task", f"Mark a task as completed. {ONE_WAY}", Reference, complete_task),
        Tool("delete_task", f"Delete a task for good. {ONE_WAY}", Reference, delete_task),
        Tool("update_task", f"Change a task's title, description or due date. {ONE_WAY}", Changes, update_task),
    )
}
