"""Finds the level of log lines: JSON lines by their own, PostgreSQL's by its severity, others by rule.

A line that is known to be expected can be allowed: see `pytest_todo_k8s.allowances`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_todo_k8s.allowances import Allowances
from pytest_todo_k8s.measurements import LogHit

BAD: Final = {"error", "critical"}
SHOWN: Final = 500
"""Characters kept of one line."""
HITS: Final = 50
"""Bad lines kept of one log; the rest only counts."""
NEIGHBOURS: Final = 2
_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")

_WORDS: Final = {
    "trace": "debug",
    "debug": "debug",
    "info": "info",
    "information": "info",
    "notice": "info",
    "log": "info",
    "warn": "warning",
    "warning": "warning",
    "err": "error",
    "error": "error",
    "severe": "error",
    "fatal": "critical",
    "critical": "critical",
    "crit": "critical",
    "alert": "critical",
    "emerg": "critical",
    "panic": "critical",
}
_NUMBERS: Final = ((60, "critical"), (50, "error"), (40, "warning"), (30, "info"), (0, "debug"))
"""Numeric levels of pino and bunyan: 30 info, 40 warn, 50 error, 60 fatal."""
_POSTGRES: Final = re.compile(
    r"\b(DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|STATEMENT|CONTEXT):  "
)
"""PostgreSQL puts two spaces behind a severity (PostgreSQL documentation, "Error Reporting and Logging")."""
_CONTINUED: Final = {"detail", "hint", "statement", "context"}
_LABEL: Final = re.compile(
    r"""^ (?: \[? \d{4}-\d\d-\d\d [T ] [\d:.,]+ (?: Z | [+-]\d\d:?\d\d | \s[A-Z]{3,4} )? \]? \s+ )?
        [\[(<]? (?P<level> trace|debug|info|notice|warn|warning|err|error|fatal|critical|panic ) [\])>]?
        (?: : | \s | $ )""",
    re.IGNORECASE | re.VERBOSE,
)
_CRASH: Final = re.compile(
    r"^Traceback \(most recent call last\):|^panic: |^fatal error: "
    r"|\bUnhandled(?:PromiseRejection| ?[Rr]ejection)\b|\buncaughtException\b"
    r"|^(?:[A-Za-z_][\w.]*)?(?:Error|Exception)(?: \[\w+\])?: |^\s*\u2a2f "
)
"""Lines that say an exception was not caught: Python's, Go's, Node's (the last sign is Next.js's mark of an error)."""


def level(line: str) -> str | None:
    """Return the level of a line as `debug`, `info`, `warning`, `error` or `critical`; None: it names none."""
    if line.lstrip().startswith("{"):
        try:
            return _json_level(json.loads(line))
        except ValueError:
            pass
    if _CRASH.search(line):
        return "critical"
    if postgres := _POSTGRES.search(line):
        word = postgres[1].lower().rstrip("12345")
        return "info" if word in _CONTINUED else _WORDS[word]
    label = _LABEL.match(line)
    return _WORDS[label["level"].lower()] if label else None


def _json_level(entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return None
    value = next((entry[key] for key in ("level", "severity", "levelname", "lvl") if key in entry), None)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return next(name for least, name in _NUMBERS if value >= least or least == 0)
    return _WORDS.get(str(value).lower())


@dataclass
class Scan:
    """What one log holds.

    Attributes:
        allowances: What is expected, shared with the other logs of a run.
        lines: Lines that are not blank.
        levels: How many of each level.
        unparsed: Lines that name no level.
        hits: Bad lines, at most `HITS`.
        allowed: Bad lines that an entry allows.
    """

    allowances: Allowances = field(default_factory=Allowances)
    lines: int = 0
    levels: Counter[str] = field(default_factory=Counter)
    unparsed: int = 0
    hits: list[LogHit] = field(default_factory=list)
    allowed: list[LogHit] = field(default_factory=list)

    def read(self, text: str) -> None:
        """Take a whole log."""
        lines = [_CONTROL.sub("", line).rstrip() for line in text.splitlines() if line.strip()]
        for number, line in enumerate(lines):
            self.lines += 1
            found = level(line)
            if found is None:
                self.unparsed += 1
                continue
            self.levels[found] += 1
            if found in BAD:
                self._bad(lines, number, found)

    def unreadable(self, reason: str) -> None:
        """Note that the log could not be read: nothing is known of it, which is no good sign."""
        self.hits.append(LogHit(line=f"this log can't be read: {reason}"[:SHOWN], level="error"))

    def _bad(self, lines: list[str], number: int, found: str) -> None:
        near = lines[max(0, number - NEIGHBOURS) : number + NEIGHBOURS + 1]
        ruling = self.allowances.rule("log", lines[number])
        hit = LogHit(
            line=lines[number][:SHOWN],
            level=found,
            context=[line[:SHOWN] for line in near],
            ruling=ruling.words if ruling else None,
        )
        if ruling and ruling.allows:
            self.allowed.append(hit)
        elif len(self.hits) < HITS:
            self.hits.append(hit)
