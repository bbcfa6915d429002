"""Bad log lines and Warning events that are expected: each by an entry with reason, owner, last day and maximum count.

Entries stand in the project's settings, as tables `[[tool.todo-k8s.allowed]]`. An entry that is past its day, or
used up, allows nothing: the line counts, and says so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.project_settings import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_todo_k8s.project_settings import Table

KEY: Final = "allowed"
TABLE: Final = f"{NAME}.{KEY}"
LONGEST: Final = dt.timedelta(days=90)
"""How far ahead the last day may lie: what is expected for longer is to be repaired, or looked at again."""
Place = Literal["log", "event"]
_KEYS: Final[Mapping[str, type]] = {
    "pattern": str,
    "place": str,
    "reason": str,
    "owner": str,
    "until": dt.date,
    "maximum": int,
}


@dataclass(frozen=True, slots=True)
class Allowed:
    """One entry.

    Attributes:
        pattern: Found in the line, or in `Reason: message` of an event.
        place: Where it is looked for.
        reason: Why it is no error.
        owner: Who answers for that.
        until: The last day on which it counts.
        maximum: How often it may occur in one run.
    """

    pattern: re.Pattern[str]
    place: Place
    reason: str
    owner: str
    until: dt.date
    maximum: int

    @property
    def words(self) -> str:
        """What the report says of it."""
        return f"{self.reason} ({self.owner}, until {self.until}, at most {self.maximum} times)"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What an entry says of one line: whether it allows it, and in which words."""

    allows: bool
    words: str


@dataclass
class Allowances:
    """The entries of a run, with how often each was used."""

    entries: tuple[Allowed, ...] = ()
    today: dt.date = field(default_factory=lambda: dt.datetime.now(dt.UTC).date())
    used: Counter[int] = field(default_factory=Counter)

    def rule(self, place: Place, text: str, times: int = 1) -> Ruling | None:
        """Return what the first fitting entry says of a text that occurred `times` times; None: no entry fits."""
        ruling = None
        for number, entry in enumerate(self.entries):
            if entry.place != place or not entry.pattern.search(text):
                continue
            if self.today > entry.until:
                ruling = Ruling(allows=False, words=f"no longer allowed: {entry.words}")
            elif self.used[number] + times > entry.maximum:
                ruling = Ruling(allows=False, words=f"more often than allowed: {entry.words}")
            else:
                self.used[number] += times
                return Ruling(allows=True, words=entry.words)
        return ruling

    def listed(self) -> list[str]:
        """Return each entry with how often it was used, for the report."""
        return [
            f"{entry.place} {entry.pattern.pattern!r}: {entry.words}; used {self.used[number]} times"
            for number, entry in enumerate(self.entries)
        ]


def read(table: Table) -> tuple[Allowed, ...]:
    """Read the entries of a project's table.

    Raises:
        ConfigError: An entry is not as it should be.
    """
    file, entries = table.file, table.content.get(KEY, [])
    if not isinstance(entries, list):
        raise ConfigError(f"{file}: {TABLE} is not a list of tables", f"write [[{TABLE}]] above each entry")
    return tuple(_entry(each, f"{file}: entry {number} of {TABLE}") for number, each in enumerate(entries, start=1))


def _entry(said: Any, where: str) -> Allowed:
    wanted = ", ".join(_KEYS)
    if not isinstance(said, dict) or said.keys() != _KEYS.keys():
        raise ConfigError(f"{where} does not have the keys {wanted}", "give each of them, and no other")
    for key, kind in _KEYS.items():
        if type(said[key]) is not kind or not said[key]:
            raise ConfigError(f"{where}: {key} = {said[key]!r} is no {kind.__name__}, or an empty one", "correct it")
    if said["place"] not in get_args(Place) or said["maximum"] < 1:
        raise ConfigError(f"{where}: place is log or event, maximum a number from 1", "correct it")
    if said["until"] > dt.datetime.now(dt.UTC).date() + LONGEST:
        raise ConfigError(f"{where}: until lies more than {LONGEST.days} days ahead", "name an earlier day")
    try:
        pattern = re.compile(said["pattern"])
    except re.error as error:
        raise ConfigError(f"{where}: {said['pattern']!r} is no regular expression: {error}", "correct it") from None
    return Allowed(pattern, said["place"], said["reason"], said["owner"], said["until"], said["maximum"])
