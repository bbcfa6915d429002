"""Routes of the tasks. They are mounted twice, as ``/api/tasks`` and ``/api/{user_id}/tasks`` (see app.api)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, StrictBool

from app import tasks
from app.access import Shared, TokenOwner, unauthenticated
from app.errors import ApiError, error_docs, not_found
from app.paging import Page
from app.tasks import Order, Selection, Sort, Status, Task
from app.text import Description, DueDate, QueryBool, SearchText, Title


class NewTask(BaseModel):
    """A task to be made."""

    title: Title
    description: Description | None = None
    due_date: DueDate | None = None
    completed: StrictBool = False


class TaskChanges(BaseModel):
    """Changes of a task: an absent field keeps its value, null clears description or due date."""

    # What is absent is never read; a factory keeps its default out of the API document.
    title: Title = Field(default_factory=str)
    description: Description | None = None
    due_date: DueDate | None = None
    completed: StrictBool = Field(default_factory=bool)


class Completion(BaseModel):
    """The wanted state of a task; without it the state flips."""

    completed: StrictBool | None = None


class TaskPage(BaseModel):
    """One page of a list and the number of all tasks that match."""

    tasks: list[Task]
    total: int


class Filters(Page):
    """The query part of a list request."""

    status: Status = Status.ALL
    completed: QueryBool | None = None
    q: SearchText = ""
    sort: Sort = Sort.CREATED_AT
    order: Order = Order.DESC

    def selection(self) -> Selection:
        """Return what the database is asked for; ``completed`` wins over ``status``."""
        by_status = None if self.status is Status.ALL else self.status is Status.COMPLETED
        completed = self.completed if self.completed is not None else by_status
        return Selection(
            completed=completed, text=self.q, sort=self.sort, order=self.order, limit=self.limit, offset=self.offset
        )


router = APIRouter(tags=["tasks"], responses=error_docs(401, 422, 503))


@router.get("")
async def list_tasks(filters: Annotated[Filters, Query()], owner: TokenOwner, shared: Shared) -> TaskPage:
    """List tasks, newest first unless asked otherwise."""
    async with shared.database.connection() as connection:
        found, total = await tasks.select(connection, owner.user_id, filters.selection())
    return TaskPage(tasks=found, total=total)


@router.post("", status_code=201, responses=error_docs(413, 415, TASK_LIMIT=409))
async def create_task(body: NewTask, request: Request, response: Response, owner: TokenOwner, shared: Shared) -> Task:
    """Make a task."""
    try:
        async with shared.database.transaction() as connection:
            task = await tasks.create(connection, owner.user_id, body.model_dump())
    except tasks.UnknownUserError:
        raise unauthenticated() from None
    except tasks.TooManyTasksError:
        raise ApiError(409, f"There are {tasks.TASKS_PER_USER} tasks already.", "TASK_LIMIT") from None
    response.headers["Location"] = f"{request.url.path}/{task.id}"
    return task


@router.get("/{task_id}", responses=error_docs(404))
async def read_task(task_id: UUID, owner: TokenOwner, shared: Shared) -> Task:
    """Return one task."""
    async with shared.database.connection() as connection:
        return _found(await tasks.get(connection, owner.user_id, task_id))


@router.put("/{task_id}", responses=error_docs(404, 413, 415))
@router.patch("/{task_id}", responses=error_docs(404, 413, 415))
async def change_task(task_id: UUID, body: TaskChanges, owner: TokenOwner, shared: Shared) -> Task:
    """Change the given fields of a task."""
    async with shared.database.connection() as connection:
        return _found(await tasks.update(connection, owner.user_id, task_id, body.model_dump(exclude_unset=True)))


@router.patch("/{task_id}/toggle", responses=error_docs(404, 413, 415))
@router.patch("/{task_id}/complete", responses=error_docs(404, 413, 415))
async def toggle_task(task_id: UUID, owner: TokenOwner, shared: Shared, body: Completion | None = None) -> Task:
    """Set the state of a task, or flip it."""
    wanted = body.completed if body else None
    async with shared.database.connection() as connection:
        if wanted is None:
            return _found(await tasks.toggle(connection, owner.user_id, task_id))
        return _found(await tasks.update(connection, owner.user_id, task_id, {"completed": wanted}))


@router.delete("/{task_id}", status_code=204, responses=error_docs(404))
async def delete_task(task_id: UUID, owner: TokenOwner, shared: Shared) -> Response:
    """Delete a task."""
    async with shared.database.connection() as connection:
        if not await tasks.delete(connection, owner.user_id, task_id):
            raise not_found("Task")
    return Response(status_code=204)


def _found(task: Task | None) -> Task:
    if task is None:
        raise not_found("Task")
    return task
