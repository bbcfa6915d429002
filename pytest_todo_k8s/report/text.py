"""Makes text from elsewhere (logs, events, HTTP bodies, commands) harmless and short enough to show.

Escaping is not done here: that is the template engine's work, and it does it for everything.
"""

from __future__ import annotations

import re
from typing import Final

_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_UNSHOWABLE: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_DIRECTION: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str, limit: int) -> str:
    """Take out terminal sequences and make control characters and changes of writing direction visible.

    Args:
        text: Anything.
        limit: Characters that may be kept.
    """
    short = excerpt(text, 4 * limit)  # so that a text of megabytes costs nothing; sequences make up the rest
    plain = _UNSHOWABLE.sub("\ufffd", _ANSI.sub("", short.replace("\r\n", "\n")))
    return excerpt(_DIRECTION.sub(lambda mark: f"[U+{ord(mark[0]):04X}]", plain), limit)


def excerpt(text: str, limit: int) -> str:
    """Keep the beginning and the end of a long text and say how much was cut."""
    if len(text) <= limit:
        return text
    head, tail = text[: limit * 2 // 3], text[len(text) - limit // 3 :]
    return f"{head} [… {len(text) - len(head) - len(tail)} characters left out …] {tail}"


def excerpt_lines(lines: list[str], first: int, last: int) -> list[str]:
    """Keep the first and the last lines of many and say how many were cut."""
    if len(lines) <= first + last:
        return lines
    return [*lines[:first], f"[… {len(lines) - first - last} lines left out …]", *lines[len(lines) - last :]]
