"""The emulated model: what it does next in a conversation.

It keeps no state. What it did before in a turn is read from the turn, and what it asked in the turn before is worked
out again from that turn.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gemini_emulator.conversation import Call
from gemini_emulator.intents import HELP, Add, Change, Show, SmallTalk, Unclear, parse_intent
from gemini_emulator.references import Last, Named, Position, Reference, TaskId, Vague, parse_reference
from gemini_emulator.sentences import describe, not_found, objects, text_of, which_one

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gemini_emulator.conversation import Result, Tools, Turn

LIST_ALL = Call("list_tasks", {"status": "all"})


@dataclass(frozen=True)
class Step:
    """What the model does next: it calls functions or says something; ``options`` are the tasks it asks about."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Option:
    """One of several tasks that fit, and the call to make if it is the one."""

    title: str
    call: Call


@dataclass(frozen=True)
class Progress:
    """What the last round of a turn brought, and whether a list was asked for before it."""

    pairs: Sequence[tuple[Call, Result]] = ()
    listed_before: bool = False

    def last_of(self, name: str) -> tuple[Call, Result] | None:
        """The call of the function ``name`` in the last round, with its result."""
        return next((pair for pair in self.pairs if pair[0].name == name), None)


def next_step(turns: Sequence[Turn], tools: Tools) -> Step:
    """Return what the model does next in the last turn, within what the tools allow."""
    step = _permitted(_step(turns, tools), tools)
    if tools.must_call and not step.calls:
        return Step(calls=(_any_call(tools, turns[-1].text),))
    return step


def _step(turns: Sequence[Turn], tools: Tools) -> Step:
    turn = turns[-1]
    progress = _progress(turn)
    chosen = _chosen(turns, tools)
    if chosen is not None:
        return _answer(progress) if progress.pairs else Step(calls=(chosen,))
    match parse_intent(turn.text):
        case Change() as change:
            return _change(change, progress, tools)
        case _ if progress.pairs:
            return _answer(progress)
        case Add(titles, details):
            return Step(calls=tuple(Call("add_task", {"title": title, **details}) for title in titles))
        case Show(status):
            return Step(calls=(Call("list_tasks", {"status": status}),))
        case Unclear(text) | SmallTalk(text):
            return Step(text)


def _progress(turn: Turn) -> Progress:
    if not turn.rounds:
        return Progress()
    earlier = [call.name for each in turn.rounds[:-1] for call in each.calls]
    return Progress(turn.rounds[-1].pairs(), "list_tasks" in earlier)


def _answer(progress: Progress) -> Step:
    """Say what the last round brought; a result that names several tasks is a question about them."""
    text = "\n".join(describe(call, result) for call, result in progress.pairs)
    return Step(text, options=tuple(option for pair in progress.pairs for option in _candidates(*pair)))


def _candidates(call: Call, result: Result) -> list[Option]:
    details = {name: value for name, value in call.args.items() if name.startswith("new_")}
    return _options(call.name, details, objects(result.failure or {}, "candidates"))


def _options(tool: str, details: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> list[Option]:
    return [
        Option(text_of(task, "title"), Call(tool, {"task_id": text_of(task, "id"), **details}))
        for task in tasks
        if text_of(task, "id")
    ]


def _change(change: Change, progress: Progress, tools: Tools) -> Step:
    direct = Call(change.tool, {**_arguments(change.reference), **change.details})
    changed = progress.last_of(change.tool)
    if changed is not None:
        no_list = text_of(changed[1].failure or {}, "code") == "NO_LIST"
        return Step(calls=(LIST_ALL,)) if no_list and not progress.listed_before else _answer(progress)
    listed = progress.last_of("list_tasks")
    if listed is not None and listed[1].failure is None:
        return _change_listed(change, direct, listed[1].value)
    if progress.pairs:
        return _answer(progress)
    # A deletion by name looks before it acts; the last task is known only from the list.
    looks = isinstance(change.reference, Last) or (
        change.tool == "delete_task" and isinstance(change.reference, Named) and "list_tasks" in tools.allowed
    )
    return Step(calls=(LIST_ALL if looks else direct,))


def _change_listed(change: Change, direct: Call, value: Mapping[str, Any]) -> Step:
    options = _options(change.tool, change.details, objects(value, "tasks"))
    if isinstance(change.reference, Position | TaskId):
        return Step(calls=(direct,))
    fitting = _fitting(change.reference, options)
    if len(fitting) == 1:
        return Step(calls=(fitting[0].call,))
    if len(fitting) > 1:
        return Step(which_one(option.title for option in fitting), options=tuple(fitting))
    if value.get("truncated") is True and isinstance(change.reference, Named):
        return Step(calls=(direct,))
    name = f'"{change.reference.title}"' if isinstance(change.reference, Named) else "a last task"
    return Step(not_found(name))


def _arguments(reference: Reference) -> dict[str, Any]:
    match reference:
        case Position(number):
            return {"position": number}
        case TaskId(value):
            return {"task_id": value}
        case Named(title):
            return {"title": title}
        case Last() | Vague():
            return {}


def _chosen(turns: Sequence[Turn], tools: Tools) -> Call | None:
    """Return the call that a question of the turn before was about, if the user has now said which task."""
    # Only what would not be understood otherwise is an answer to the question: "no" must not pick "buy noodles".
    if len(turns) == 1 or not turns[-2].rounds or parse_intent(turns[-1].text) != SmallTalk(HELP):
        return None
    asked = parse_intent(turns[-2].text)
    if not isinstance(asked, Change):
        return None
    options = _change(asked, _progress(turns[-2]), tools).options
    fitting = _fitting(parse_reference(turns[-1].text), options)
    return fitting[0].call if len(fitting) == 1 else None


def _fitting(reference: Reference, options: Sequence[Option]) -> list[Option]:
    """Return the options that a reference means: an exact title first, else all titles with these words in them."""
    match reference:
        case Position(number):
            return list(options[number - 1 : number]) if number else []
        case Last():
            return list(options[-1:])
        case Named(title):
            exact = [option for option in options if _folded(option.title) == _folded(title)]
            return exact or [option for option in options if _folded(title) in _folded(option.title)]
        case TaskId() | Vague():
            return []


def _folded(title: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def _permitted(step: Step, tools: Tools) -> Step:
    missing = [call.name for call in step.calls if call.name not in tools.allowed]
    return Step(f"I can't do that here: I have no function {missing[0]}.") if missing else step


def _any_call(tools: Tools, text: str) -> Call:
    """A call for the mode that demands one: the first allowed function, its required arguments made from its schema."""
    name = next(name for name in tools.declared if name in tools.allowed)
    schema = tools.declared[name]
    properties = schema.get("properties")
    required = schema.get("required")
    known = properties if isinstance(properties, dict) else {}
    names = [each for each in required if isinstance(each, str)] if isinstance(required, list) else []
    return Call(name, {each: _example(known.get(each), text) for each in names})


def _example(schema: Any, text: str) -> Any:
    kind = str(schema.get("type", "string")).lower() if isinstance(schema, dict) else "string"
    choices = schema.get("enum") if isinstance(schema, dict) else None
    if isinstance(choices, list) and choices and isinstance(choices[0], str):
        return choices[0]
    examples: dict[str, Any] = {"integer": 1, "number": 1, "boolean": False, "array": [], "object": {}}
    return examples.get(kind, " ".join(text.split())[:200] or "something")
