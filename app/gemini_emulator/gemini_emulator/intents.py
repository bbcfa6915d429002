"""What a user wants, read from one message by fixed rules in English."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from gemini_emulator.references import LIST_SUFFIX, QUOTES, Reference, Vague, parse_reference, rule, trimmed, unquoted

if TYPE_CHECKING:
    from collections.abc import Mapping

READ_CHARACTERS = 1000
"""Of a longer message only the beginning is read; a title has at most 200 characters anyway."""


@dataclass(frozen=True)
class Add:
    """Add one task for each title; description and due date (ISO 8601) belong to a single one."""

    titles: tuple[str, ...]
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Show:
    """List tasks; ``status`` is all, pending or completed."""

    status: str


@dataclass(frozen=True)
class Change:
    """Complete, delete or update one task with ``tool``, whose further arguments are ``details``."""

    tool: str
    reference: Reference
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unclear:
    """Something about tasks that lacks a part or has no tool; ``question`` says so to the user."""

    question: str


@dataclass(frozen=True)
class SmallTalk:
    """Nothing about tasks; ``answer`` is what to say."""

    answer: str


Intent: TypeAlias = Add | Show | Change | Unclear | SmallTalk

HELP = "I look after your tasks: I can add, show, complete, change and delete them. What shall I do?"
WHICH = "Which task do you mean? Tell me its title or its number in the list."
ONE_AT_A_TIME = "I change one task at a time. " + WHICH
NO_TITLE = "What should the task be called?"
NO_REOPENING = "I have no means to reopen a task; I can add it again."
DATE_FORM = "Please write the date as YYYY-MM-DD."

_NOUN = r"(?:task|to-?do|item|reminder)s?"
_DONE = r"(?:completed?|done|finished)"
_LIST = rf"(?:my|the|your)\s+(?:to-?do\s+|task\s+)?(?:list|{_NOUN})"

_CONTRACTION = rule(r"\b(i|let|what|do?n|haven|isn)\u2019(?=(?:d|m|s|t|ve)\b)")
_LEAD = rule(
    r"^(?:please|kindly|hey|hi|hello|ok|okay|so|now|then|and|(?:can|could|would|will) you|let's|"
    r"i(?: want|'d like| would like)(?: you)? to|i(?: wanna)|help me)\b[\s,!]+(?=\S)"
)
_TAIL = rule(r"[\s,]+(?:please|for me|thanks|thank you)$")
_DUTY = rule(
    r"^i(?: need to|'ve got to|'ve to| have to| have got to| gotta| must| should| ought to)\s+"
    r"(?:remember\s+to\s+)?(.+)$"
)
_ABOUT_LIST = rule(rf"\b(?:{_NOUN}|list)\b")
_REMIND = rule(
    r"^(?:remind me (?:to|about|of|that)|remember to|(?:don't|do not)(?: let me)? forget(?: to| about)?)\s+(.+)$"
)
_ADD_NOUN = rule(
    r"^(?:add|create|new|put|note|insert|make(?= a| me| one| new))\b(?: me)?"
    rf"(?:\s+(?:a|an|another|one|the))?(?:\s+new)?\s*\b{_NOUN}\b(?:\s+(?:to|on|in)\s+{_LIST})?"
    r"(?:\s+(?:to|for|called|named|titled|saying|that says|about)\b)?[\s:,-]*(.*)$"
)
_ADD_TO_LIST = rule(rf"^(?:add|put)\s+(?:to|on)\s+{_LIST}[\s:,-]*(.*)$")
_ADD = rule(r"^(?:add|create|put|note(?: down)?|write down)\b[\s:]*(.*)$")
_TITLES = rule(rf"[{QUOTES}]([^{QUOTES}]+)[{QUOTES}](?:\s*,?\s*and\s+|\s*,\s*|$)")
_DUE = rule(r"\s+(?:due(?: date)?|by|until|on|for)(?: on| by)?:?\s+([0-9]{4}-[0-9]{2}-[0-9]{2})$")
_NOTE = rule(r"\s+(?:with|and)\s+(?:the |a )?(?:description|note)s?[\s:]+(.+)$")

_SHOW_VERB = rule(
    r"^(?:show|list|display|see|view|read|give me|get me|get my|get all|tell me|check my|what|what's|whats|which|"
    r"how many|(?:do|have|did|are|is) (?:i|there|any))\b"
)
_SHOW_TOPIC = rule(
    rf"\b(?:{_NOUN}|list|everything|pending|remaining|left|open|outstanding|incomplete|unfinished|{_DONE}|to do)\b"
)
_SHOW_BARE = rule(
    rf"^(?:(?:all|my|the|of|pending|open|unfinished|remaining|{_DONE}|current)\s+)*"
    rf"(?:{_NOUN}|to-?do list|task list|list)$"
)
_PENDING = rule(
    rf"\b(?:pending|open|left|remaining|incomplete|unfinished|outstanding|active|still|undone)\b|"
    rf"(?:\bnot|n't)\s+(?:yet\s+)?(?:been\s+)?{_DONE}\b|\b(?:have|need|got|there|is|what's|things)\s+to\s+do\b"
)
_COMPLETED = rule(rf"\b{_DONE}\b")

_NOT_DONE = rf"(?:not\s+(?:yet\s+)?{_DONE}|incomplete|pending|undone|open|unfinished)"
_REOPEN = rule(rf"^(?:(?:mark|set|flag)\s.*\b{_NOT_DONE}|(?:reopen|uncheck|unmark|untick)\b.*)$")
_COMPLETE = tuple(
    rule(pattern)
    for pattern in (
        rf"^(?:mark|make|set|flag|check|tick)\s+(?:off\s+)?(.*?)\s*\b(?:as\s+|to\s+)?{_DONE}$",
        r"^(?:check|tick|cross)\s+off\b\s*(.*)$",
        r"^(?:check|tick|cross)\s+(.*)\s+off$",
        r"^(?:complete|finish)\b\s*(.*)$",
        r"^i(?:'ve| have)?\s+(?:just\s+|already\s+)?(?:finished|completed|did|done)\b\s*(.*)$",
        r"^i(?:'m| am)\s+(?:done|finished)\s+with\s+(.*)$",
        rf"^(.+?)\s+(?:is|are)\s+(?:now\s+|already\s+)?{_DONE}$",
    )
)
_DELETE = rule(r"^(?:delete|remove|erase|drop|cancel|get rid of|throw away)\b\s*(.*)$")
_SEVERAL = rule(r"^(?:(?:my|the)\s+)?(?:all|every\w*|both|each)\b")
_UPDATE_VERB = r"(?:change|rename|update|edit|modify)"
_UPDATE_FIELD = rule(
    rf"^(?:{_UPDATE_VERB}|set)\s+(?:the\s+)?(title|name|description|notes?|due date|deadline)\s+(?:of|for|on)\s+(.+)$"
)
_UPDATE_FIELD_AFTER = rule(
    rf"^{_UPDATE_VERB}\s+(.+?)(?:'s)?\s+(title|name|description|notes?|due date|deadline)(\s+(?:to|into|as)\s+.+)$"
)
_UPDATE_STATE = rule(rf"^{_UPDATE_VERB}\s+(.+?)\s+(?:to|as)\s+(?:({_DONE})|{_NOT_DONE})$")
_UPDATE = rule(rf"^{_UPDATE_VERB}\b\s*(.*)$")
_NEW = tuple(
    rule(pattern)
    for pattern in (
        rf"^((?:.*?\s)?[{QUOTES}].+?[{QUOTES}](?:\s+{_NOUN})?)\s+(?:to|into|as)\s+(.+)$",
        rf"^(.+?)\s+(?:to|into|as)\s+(?:(?:say|read|be)\s+)?([{QUOTES}].+[{QUOTES}])$",
        r"^(.+?)\s+(?:to|into|as)\s+(.+)$",
    )
)
_FIELDS = {"description": "new_description", "note": "new_description", "notes": "new_description"}
_DATES = ("due date", "deadline")

_TALK = (
    (rule(r"^(?:hi|hello|hey|good (?:morning|afternoon|evening))\b"), "Hello! " + HELP),
    (rule(r"^(?:thanks|thank you|thx|great|perfect)\b"), "You're welcome!"),
    (
        rule(r"^(?:no|nope|none|neither|nothing|never ?mind|stop|forget it|yes|yeah|yep)\b"),
        "All right. Nothing was changed.",
    ),
    (rule(r"^(?:bye|goodbye|see you)\b"), "Goodbye!"),
    (rule(r"^how are you\b"), "I'm well, thank you. " + HELP),
)


def parse_intent(message: str) -> Intent:
    """Return what the message asks for. Every text is understood as something, at the least as small talk."""
    text = _CONTRACTION.sub(r"\1'", " ".join(message[:READ_CHARACTERS].split()))
    plain = _without_courtesy(text)
    return _duty(plain) or _plain(plain) or SmallTalk(_answer(text))


def _without_courtesy(text: str) -> str:
    while (shorter := _LEAD.sub("", _TAIL.sub("", text.rstrip(" .!?")))) != text:
        text = shorter
    return text


def _duty(text: str) -> Intent | None:
    found = _DUTY.match(text)
    if found is None:
        return None
    # "I need to finish the report" is a new task, "I need to finish task 3" is not.
    command = _plain(found[1]) if _ABOUT_LIST.search(found[1]) else _add(found[1])
    return command or _added(found[1])


def _plain(text: str) -> Intent | None:
    # An addition may quote any other wish, so that it comes before "... is done".
    return _show(text) or _delete(text) or _update(text) or _add(text) or _complete(text)


def _show(text: str) -> Intent | None:
    asked = _SHOW_VERB.match(text) and _SHOW_TOPIC.search(text)
    if not asked and not _SHOW_BARE.match(text):
        return None
    if _PENDING.search(text):
        return Show("pending")
    return Show("completed" if _COMPLETED.search(text) else "all")


def _delete(text: str) -> Intent | None:
    found = _DELETE.match(text)
    return _change("delete_task", found[1]) if found else None


def _complete(text: str) -> Intent | None:
    if _REOPEN.match(text):
        return Unclear(NO_REOPENING)
    found = next((match for pattern in _COMPLETE if (match := pattern.match(text))), None)
    return _change("complete_task", found[1]) if found else None


def _update(text: str) -> Intent | None:
    if named := _UPDATE_FIELD.match(text):
        return _update_field(named[1].lower(), named[2])
    if named := _UPDATE_FIELD_AFTER.match(text):
        return _update_field(named[2].lower(), named[1] + named[3])
    if state := _UPDATE_STATE.match(text):
        return _change("complete_task", state[1]) if state[2] else Unclear(NO_REOPENING)
    found = _UPDATE.match(text)
    return _update_field("title", found[1]) if found else None


def _update_field(name: str, words: str) -> Intent:
    found = next((match for pattern in _NEW if (match := pattern.match(words))), None)
    value = unquoted(found[2]) if found else ""
    if not found or not value:
        return Unclear("What should I change, and to what? For example: change task 1 to 'Call mom'.")
    if name in _DATES:
        return _change("update_task", found[1], new_due_date=value) if _is_date(value) else Unclear(DATE_FORM)
    return _change("update_task", found[1], **{_FIELDS.get(name, "new_title"): value})


def _change(tool: str, words: str, **details: str) -> Intent:
    if _SEVERAL.match(words):
        return Unclear(ONE_AT_A_TIME)
    reference = parse_reference(words)
    return Unclear(WHICH) if isinstance(reference, Vague) else Change(tool, reference, details)


def _add(text: str) -> Intent | None:
    for pattern in (_REMIND, _ADD_TO_LIST, _ADD_NOUN, _ADD):
        if found := pattern.match(text):
            return _added(found[1])
    return None


def _added(words: str) -> Intent:
    words = LIST_SUFFIX.sub("", words.strip())
    if titles := _quoted_titles(words):
        return Add(titles)
    details: dict[str, str] = {}
    for name, pattern in (("due_date", _DUE), ("description", _NOTE), ("due_date", _DUE)):
        found = pattern.search(words)
        if found and name not in details and (name != "due_date" or _is_date(found[1])):
            details[name] = unquoted(found[1])
            words = words[: found.start()]
    title = unquoted(words)
    return Add((title,), details) if title else Unclear(NO_TITLE)


def _quoted_titles(words: str) -> tuple[str, ...]:
    """The titles of an enumeration such as 'buy milk', 'pay bills' and 'call mom'; empty for anything else."""
    if trimmed(_TITLES.sub("", words)):
        return ()
    return tuple(title for found in _TITLES.findall(words) if (title := " ".join(found.split())))


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _answer(text: str) -> str:
    return next((answer for pattern, answer in _TALK if pattern.match(text)), HELP)
