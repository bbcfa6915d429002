"""Recognises the output of a command that waits for a person."""

from __future__ import annotations

import re
from typing import Final

_LAST_CHARACTERS: Final = 500
_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b\x0c\x0e-\x1f]")
_QUESTIONS: Final = re.compile(
    r"""
      [\[(] \s* (?: y\s*/\s*n | n\s*/\s*y | yes\s*/\s*no | no\s*/\s*yes ) (?: \s*/\s*\S+ )? \s* [\])]
    | \b (?: password | passphrase | passcode | username | login | user \s name | otp | one-time \s code ) \b
      [^:\n]{0,80} : \s* $
    | \b (?: press | hit ) \s+ (?: any \s+ key | enter | return | ctrl )\b
    | \b (?: do \s you \s (?: want | wish | agree ) | are \s you \s sure | would \s you \s like | shall \s we )
      \b [^\n]* \?
    | \b (?: continue | proceed | overwrite | apply | approve \w* | confirm \w* ) \b [^\n]* \? \s* $
    | \b (?: enter | type | choose | select | specify ) \b [^\n]{1,80} : \s* $
    | not \s a \s (?: tty | terminal ) \b
    | \b no \s tty \s present \b
    | \b requires? \s a \s (?: tty | terminal )\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def prompt_in(text: str) -> str | None:
    """Find a question to a person at the end of what a command printed.

    A question stands on the last line, or on the last but one where the closed standard input made the tool say so;
    earlier output may quote questions without asking them.

    Args:
        text: The end of the command's output (a command log keeps its last 500 characters).

    Returns:
        The line that asks, or None.
    """
    plain = _CONTROL.sub("", text[-_LAST_CHARACTERS:].replace("\r", "\n"))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    return next((line for line in reversed(lines[-2:]) if _QUESTIONS.search(line)), None)
