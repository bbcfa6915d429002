"""How users point at tasks: by number, as the last one, by id or by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Position:
    """The task with this number, from 1, in the list that was shown last."""

    number: int


@dataclass(frozen=True)
class Last:
    """The last task of the list."""


@dataclass(frozen=True)
class TaskId:
    """The task with this id."""

    value: str


@dataclass(frozen=True)
class Named:
    """The task with this title, or with these words in its title."""

    title: str


@dataclass(frozen=True)
class Vague:
    """No single task: "it", "everything", or nothing at all."""


Reference: TypeAlias = Position | Last | TaskId | Named | Vague


def rule(pattern: str) -> re.Pattern[str]:
    """Compile a pattern that does not care about case."""
    return re.compile(pattern, re.IGNORECASE)


QUOTES = "\"'\u201c\u201d\u2018\u2019\u201e\u00ab\u00bb"
_NOUN = r"(?:tasks?|to-?dos?|items?|reminders?|ones?|entry)"
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_CARDINALS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

LIST_SUFFIX = rule(r"\s+(?:from|on|off|in|of|to|into)\s+(?:my|the)\s+(?:to-?do\s+|task\s+)?(?:list|tasks)$")
_ARTICLE = rule(r"^(?:the|my|a|an|that|this)\s+")
_QUOTED = rule(rf"^(?:{_NOUN}\s+)?(?:(?:called|named|titled)\s+)?[{QUOTES}](.+)[{QUOTES}](?:\s+{_NOUN})?$")
_NUMBER = rule(rf"^(?:{_NOUN}\s+)?(?:number\s+|no\.?\s*|nr\.?\s*)?#?\s*([0-9]{{1,6}})(?:st|nd|rd|th)?(?:\s+{_NOUN})?$")
_ORDINAL = rule(rf"^({'|'.join(_ORDINALS)})(?:\s+{_NOUN})?$")
_CARDINAL = rule(rf"^(?:{_NOUN}|number|{_NOUN}\s+number)\s+({'|'.join(_CARDINALS)})$")
_LAST = rule(rf"^(?:very\s+)?(?:last|final)(?:\s+{_NOUN})?$")
_ID = rule(rf"^(?:{_NOUN}\s+)?([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})$")
_VAGUE = rule(
    rf"^(?:(?:it|that|this|these|those|them|all|everything|every|each|both)(?:\s+of\s+(?:it|them))?\s*)?"
    rf"(?:\s*(?:of\s+)?(?:my|the)\s+)?(?:{_NOUN})?$"
)
_NOUN_BEFORE = rule(rf"^{_NOUN}\s+(?:(?:called|named|titled|about|for|to)\s+)?(?=\S)")
_NOUN_AFTER = rule(rf"\s+{_NOUN}$")


def parse_reference(words: str) -> Reference:
    """Return what the words point at. Every text points at something; what fits nothing else is a name."""
    text = LIST_SUFFIX.sub("", trimmed(words))
    if _VAGUE.fullmatch(text):
        return Vague()
    text = _ARTICLE.sub("", text)
    if quoted := _QUOTED.fullmatch(text):
        return Named(quoted[1].strip())
    if found := _ID.fullmatch(text):
        return TaskId(found[1].lower())
    return _counted(text) or _named(text)


def trimmed(words: str) -> str:
    """Return the words with single spaces, and without the marks that end a sentence."""
    return " ".join(words.split()).strip(" .,!?;:")


def unquoted(words: str) -> str:
    """Return what stands between quotation marks if all the words do, else the words trimmed."""
    text = " ".join(words.split()).strip()
    bare = text.rstrip(".,!?;:")
    if len(bare) > 1 and bare[0] in QUOTES and bare[-1] in QUOTES:
        return bare[1:-1].strip()
    return trimmed(text)


def _counted(text: str) -> Reference | None:
    if _LAST.fullmatch(text):
        return Last()
    if number := _NUMBER.fullmatch(text):
        return Position(int(number[1]))
    if ordinal := _ORDINAL.fullmatch(text):
        return Position(_ORDINALS.index(ordinal[1].lower()) + 1)
    if cardinal := _CARDINAL.fullmatch(text):
        return Position(_CARDINALS.index(cardinal[1].lower()) + 1)
    return None


def _named(text: str) -> Reference:
    title = unquoted(_NOUN_AFTER.sub("", _NOUN_BEFORE.sub("", text)))
    return Named(title) if title else Vague()
