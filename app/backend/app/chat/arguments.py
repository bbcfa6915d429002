"""Arguments of the tools: what the model is told about them, and what is accepted of what it sends.

The schemas use the few keywords that all models know; the lengths and forms of the API are checked on arrival.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, model_validator

from app.tasks import Status
from app.text import Description, DueDate, Title

Schema: TypeAlias = dict[str, Any]

DATE = "A date such as 2026-12-31, or a timestamp with offset such as 2026-12-31T09:00:00+01:00."


def _none_if_blank(value: Any) -> Any:
    # Models fill what they do not need with empty text.
    return None if isinstance(value, str) and not value.strip() else value


OptionalTitle = Annotated[Title | None, BeforeValidator(_none_if_blank)]
OptionalDueDate = Annotated[DueDate | None, BeforeValidator(_none_if_blank)]
ReferenceText = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None, BeforeValidator(_none_if_blank)
]


class Arguments(BaseModel):
    """Arguments of one tool. ``PROPERTIES`` says in JSON schema what the model may send."""

    model_config = ConfigDict(extra="forbid")

    PROPERTIES: ClassVar[dict[str, Schema]] = {}

    @classmethod
    def schema_for_model(cls) -> Schema:
        """Return the JSON schema of the arguments as an object."""
        required = [name for name, field in cls.model_fields.items() if field.is_required()]
        schema: Schema = {"type": "object", "properties": cls.PROPERTIES, "additionalProperties": False}
        return schema | ({"required": required} if required else {})


class NewTask(Arguments):
    """Arguments of add_task."""

    PROPERTIES = {
        "title": {"type": "string", "description": "What is to be done, in the user's words, 1 to 200 characters."},
        "description": {"type": "string", "description": "Details, at most 1000 characters."},
        "due_date": {"type": "string", "description": DATE},
    }

    title: Title
    description: Description | None = None
    due_date: OptionalDueDate = None


class Listing(Arguments):
    """Arguments of list_tasks."""

    PROPERTIES = {
        "status": {"type": "string", "enum": list(Status), "description": "Which tasks; all unless said otherwise."}
    }

    status: Status = Status.ALL


class Reference(Arguments):
    """Names one task, in exactly one of three ways."""

    PROPERTIES = {
        "task_id": {"type": "string", "description": "Id of the task."},
        "title": {"type": "string", "description": "Title of the task, or a part of it that fits no other task."},
        "position": {"type": "integer", "description": "Place of the task in the last list_tasks result, from 1."},
    }

    task_id: ReferenceText = None
    title: ReferenceText = None
    position: int | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if [self.task_id, self.title, self.position].count(None) != len(Reference.PROPERTIES) - 1:
            raise ValueError("give exactly one of task_id, title and position")
        return self


class Changes(Reference):
    """Arguments of update_task."""

    PROPERTIES = Reference.PROPERTIES | {
        "new_title": {"type": "string", "description": "New title, 1 to 200 characters."},
        "new_description": {"type": "string", "description": "New details; empty text removes them."},
        "new_due_date": {"type": "string", "description": f"{DATE} Empty text removes it."},
    }

    new_title: OptionalTitle = None
    new_description: Description | None = None
    new_due_date: DueDate | Literal[""] | None = None

    def columns(self) -> dict[str, Any]:
        """Return the columns to change with their new values; an absent or null argument changes nothing."""
        given = {"title": self.new_title, "description": self.new_description, "due_date": self.new_due_date}
        return {column: value or None for column, value in given.items() if value is not None}
