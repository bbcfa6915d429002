"""Secrets of a run: their values, their encodings, and how they are taken out of text."""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass
from typing import Final, NoReturn
from urllib.parse import quote

MASK: Final = "[redacted]"
_SHORTEST: Final = 6
"""Shorter values are not searched for: they would mask ordinary words."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that shows itself only when asked: `repr`, `str` and pickling do not."""

    _value: str

    def reveal(self) -> str:
        """Return the value; call this only where it goes into an API request or a 0600 file."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: pass the name of the file or Kubernetes Secret that holds it")


def generate(length_bytes: int = 32) -> Secret:
    """Make a random URL-safe secret from `length_bytes` bytes of entropy."""
    return Secret(secrets.token_urlsafe(length_bytes))


class Redactor:
    """Replaces every registered secret, in every encoding it usually takes, by a mask."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def add(self, secret: Secret) -> None:
        """Register a secret: as it is, URL-quoted and base64 (each of the three alignments' stable middle)."""
        value = secret.reveal()
        if len(value) < _SHORTEST:
            return
        self._forms |= {value, quote(value, safe=""), *_base64_forms(value)}
        ordered = sorted(self._forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(form) for form in ordered))

    def clean(self, text: str) -> str:
        """Return `text` with every registered secret masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def found_in(self, text: str) -> bool:
        """Tell whether any registered secret occurs in `text`."""
        return bool(self._pattern and self._pattern.search(text))


def _base64_forms(value: str) -> set[str]:
    """Return the parts of base64 text that do not depend on what stands before and after the value."""
    raw = value.encode()
    forms: set[str] = set()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        start = 0 if offset == 0 else offset + 1
        end = len(encoded) - (0 if (offset + len(raw)) % 3 == 0 else 1)
        if end - start >= _SHORTEST:
            forms |= {encoded[start:end], encoded[start:end].replace("+", "-").replace("/", "_")}
    return forms
