"""What the emulated model says about results of the task tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gemini_emulator.conversation import Call, Result

NOTHING_CHANGED = "Nothing was changed."

_DONE = {
    "add_task": "I added {} to your tasks.",
    "complete_task": "I marked {} as complete.",
    "delete_task": "I deleted {}.",
    "update_task": "I changed the task; it is now {}.",
}


def describe(call: Call, result: Result) -> str:
    """Say in words what a call did."""
    if result.failure is not None:
        return _describe_failure(call, result.failure)
    if call.name == "list_tasks":
        return _describe_list(str(call.args.get("status", "all")), result.value)
    if call.name in _DONE:
        title = text_of(result.value, "title")
        return _DONE[call.name].format(f'"{title}"' if title else _target(call))
    return f"{call.name} is done."


def not_found(name: str) -> str:
    """Say that no task fits."""
    return f"I'm sorry, I couldn't find {name} among your tasks. {NOTHING_CHANGED}"


def which_one(titles: Iterable[str]) -> str:
    """Ask which of several tasks is meant."""
    lines = [f"{number}. {title}" for number, title in enumerate(titles, 1)]
    return "\n".join(["More than one task fits:", *lines, f"Which one do you mean? {NOTHING_CHANGED}"])


def objects(value: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the objects in the array under ``key``; a client may have sent anything."""
    items = value.get(key)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def text_of(value: Mapping[str, Any], key: str) -> str:
    """Return the text under ``key``, or an empty one."""
    text = value.get(key)
    return text if isinstance(text, str) else ""


def _describe_failure(call: Call, failure: Mapping[str, Any]) -> str:
    match text_of(failure, "code"):
        case "AMBIGUOUS":
            return which_one(text_of(task, "title") for task in objects(failure, "candidates"))
        case "NOT_FOUND":
            return not_found(_target(call))
    reason = text_of(failure, "message") or text_of(failure, "code") or "the tool gave no reason"
    return f"That did not work: {reason.rstrip('.')}. {NOTHING_CHANGED}"


def _target(call: Call) -> str:
    if "title" in call.args:
        return f'"{call.args["title"]}"'
    return f"task {call.args['position']}" if "position" in call.args else "that task"


def _describe_list(status: str, value: Mapping[str, Any]) -> str:
    tasks = objects(value, "tasks")
    kind = "" if status == "all" else f"{status} "
    if not tasks:
        return f"You have no {kind}tasks."
    amount = f"{len(tasks)} {kind}task{'s' if len(tasks) > 1 else ''}"
    head = f"These are the first {amount}:" if value.get("truncated") is True else f"You have {amount}:"
    return "\n".join([head, *(_line(number, task) for number, task in enumerate(tasks, 1))])


def _line(number: int, task: Mapping[str, Any]) -> str:
    done = " (done)" if task.get("completed") is True else ""
    due = text_of(task, "due_date")[:10]
    return f"{number}. {text_of(task, 'title')}{f', due {due}' if due else ''}{done}"
