"""The five task tools as the application has them, on a list in memory: what the emulated model's calls do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

SPACE = UUID("7e1f3f0e-6a53-4f0a-9a3e-5d6a1c0e9b11")

REF: dict[str, Any] = {
    "task_id": {"type": "string"},
    "title": {"type": "string"},
    "position": {"type": "integer", "minimum": 1},
}


def schema(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


TEXT = {"type": "string"}
SCHEMAS: dict[str, dict[str, Any]] = {
    "add_task": schema({"title": TEXT, "description": TEXT, "due_date": TEXT}, "title"),
    "list_tasks": schema({"status": {"type": "string", "enum": ["all", "pending", "completed"]}}),
    "complete_task": schema(REF),
    "delete_task": schema(REF),
    "update_task": schema({**REF, "new_title": TEXT, "new_description": TEXT, "new_due_date": TEXT}),
}


@dataclass
class TaskTools:
    """One user's tasks. ``calls`` is what was called, in order."""

    titles: list[str] = field(default_factory=list)
    completed: set[str] = field(default_factory=set)
    listed: list[str] | None = None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def call(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((name, args))
        assert set(args) <= set(SCHEMAS[name]["properties"]), "an argument that is not declared"
        assert set(SCHEMAS[name]["required"]) <= set(args)
        if name == "add_task":
            self.titles.append(args["title"])
            return {"task_id": self.id(args["title"]), "status": "created", "title": args["title"]}
        if name == "list_tasks":
            return self.list(args.get("status", "all"))
        return self.change(name, args)

    def list(self, status: str) -> dict[str, Any]:
        wanted = {"all": (True, False), "completed": (True,), "pending": (False,)}[status]
        self.listed = [title for title in self.titles if (title in self.completed) in wanted]
        tasks = [{**self.task(title), "position": number} for number, title in enumerate(self.listed, 1)]
        return {"tasks": tasks, "count": len(tasks), "truncated": False}

    def change(self, name: str, args: dict[str, Any]) -> dict[str, Any]:
        found = self.resolve(args)
        if isinstance(found, dict):
            return {"error": found}
        if name == "complete_task":
            self.completed.add(found)
            return {"task_id": self.id(found), "status": "completed", "title": found}
        if name == "delete_task":
            self.titles.remove(found)
            return {"task_id": self.id(found), "status": "deleted", "title": found}
        title = args.get("new_title", found)
        self.titles[self.titles.index(found)] = title
        return {"task_id": self.id(title), "status": "updated", "title": title}

    def resolve(self, args: dict[str, Any]) -> str | dict[str, Any]:
        if "position" in args:
            if self.listed is None:
                return {"code": "NO_LIST"}
            hits = self.listed[args["position"] - 1 : args["position"]]
        elif "task_id" in args:
            hits = [title for title in self.titles if self.id(title) == args["task_id"]]
        else:
            wanted = args["title"].casefold()
            hits = [title for title in self.titles if title.casefold() == wanted]
            hits = hits or [title for title in self.titles if wanted in title.casefold()]
        if len(hits) > 1:
            return {"code": "AMBIGUOUS", "candidates": [self.task(title) for title in hits]}
        return hits[0] if hits else {"code": "NOT_FOUND"}

    def task(self, title: str) -> dict[str, Any]:
        return {"id": self.id(title), "title": title, "completed": title in self.completed}

    def id(self, title: str) -> str:
        return str(uuid5(SPACE, title))
