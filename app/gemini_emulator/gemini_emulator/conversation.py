"""A conversation as both dialects of the API mean it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gemini_emulator.catalogue import Model


@dataclass(frozen=True)
class Call:
    """One function call; id and thought signature (base64) are empty where there is none."""

    name: str
    args: Mapping[str, Any]
    id: str = ""
    signature: str = ""


@dataclass(frozen=True)
class Result:
    """What a function returned: the response object as the client sent it."""

    name: str
    response: Mapping[str, Any]
    id: str = ""

    @property
    def value(self) -> Mapping[str, Any]:
        """The result itself: what is under ``output`` if that is an object, else the response as a whole."""
        output = self.response.get("output")
        return output if isinstance(output, dict) else self.response

    @property
    def failure(self) -> Mapping[str, Any] | None:
        """What is under ``error``, as an object with ``code`` or ``message``, or None after a success."""
        error = self.value.get("error")
        if error is None or isinstance(error, dict):
            return error
        return {"message": str(error)}


@dataclass(frozen=True)
class UserText:
    """The user said something."""

    text: str


@dataclass(frozen=True)
class ModelSaid:
    """The model answered with text, function calls or both; ``position`` counts the messages from 1."""

    calls: tuple[Call, ...]
    position: int


@dataclass(frozen=True)
class Returned:
    """Functions returned; ``position`` counts the messages from 1."""

    results: tuple[Result, ...]
    position: int


Message: TypeAlias = UserText | ModelSaid | Returned


@dataclass(frozen=True)
class Round:
    """Function calls of one answer of the model, and what came back for them."""

    calls: tuple[Call, ...]
    results: tuple[Result, ...]
    position: int

    def pairs(self) -> list[tuple[Call, Result]]:
        """Each call with its result: of the same name and id, in order; calls without one are left out."""
        left = list(self.results)
        found = []
        for call in self.calls:
            result = next((each for each in left if (each.name, each.id) == (call.name, call.id)), None)
            if result is not None:
                left.remove(result)
                found.append((call, result))
        return found


@dataclass(frozen=True)
class Turn:
    """What the user said, the rounds of function calls that followed, and whether the model has answered in words."""

    text: str
    rounds: tuple[Round, ...] = ()
    answered: bool = False


@dataclass(frozen=True)
class Tools:
    """The declared functions with their JSON schemas, those that may be called, and whether one must be."""

    declared: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    allowed: frozenset[str] = frozenset()
    must_call: bool = False


@dataclass(frozen=True)
class ModelRequest:
    """One request to a model. Tokens are estimates, four characters each."""

    model: Model
    turns: tuple[Turn, ...]
    tools: Tools
    prompt_tokens: int
    max_output_tokens: int | None = None
    include_thoughts: bool = False
    include_usage: bool = True

    @property
    def turn(self) -> Turn:
        """The turn that is to be answered."""
        return self.turns[-1]


@dataclass(frozen=True)
class Reply:
    """What the model answers. ``finish`` is a finish reason of the Gemini dialect; blocked means that no model ran."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    finish: str = "STOP"
    blocked: bool = False


def turns_of(messages: Iterable[Message]) -> tuple[Turn, ...]:
    """Group messages into turns. What has no place becomes a round without calls or a turn without text."""
    turns: list[Turn] = []
    for message in messages:
        if isinstance(message, UserText) or not turns:
            turns.append(Turn(message.text if isinstance(message, UserText) else ""))
        if not isinstance(message, UserText):
            turns[-1] = _continued(turns[-1], message)
    return tuple(turns)


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of a text at four characters each, rounded up."""
    return -(-len(text) // 4)


def _continued(turn: Turn, message: ModelSaid | Returned) -> Turn:
    if isinstance(message, ModelSaid):
        if not message.calls:
            return replace(turn, answered=True)
        return replace(turn, rounds=(*turn.rounds, Round(message.calls, (), message.position)), answered=False)
    if not turn.rounds or turn.answered:
        return replace(turn, rounds=(*turn.rounds, Round((), message.results, message.position)), answered=False)
    *earlier, last = turn.rounds
    return replace(turn, rounds=(*earlier, replace(last, results=last.results + message.results)))
