"""Kinds of text that the API accepts, as annotated types. Lengths are counted in Unicode characters.

Each type says in its JSON schema exactly what it accepts, so that a client can tell from the API document alone.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, StrictBool, StringConstraints, WithJsonSchema

WHITE_SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""The characters that are trimmed (Unicode property White_Space), for a character class of a regular expression."""

CONTROL = r"\x00-\x1f\x7f-\x9f"

EMAIL_FORM = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+")
"""Printable ASCII with one @ and a dot after it. ASCII alone, so that lower-casing means the same here and in
PostgreSQL, and two spellings cannot be two accounts."""

DATE_FORM = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

TIMESTAMP_FORM = re.compile(DATE_FORM.pattern + r"[Tt ]", re.ASCII)

YEARS = range(2, 9999)
"""Years of a due date that stay representable in every time zone."""

YEARS_FORM = r"^(?:000[2-9]|00[1-9]\d|0[1-9]\d\d|[1-8]\d{3}|9[0-8]\d\d|99[0-8]\d|999[0-8])-"


def _storable(value: str) -> str:
    # PostgreSQL stores neither NUL nor lone surrogates, although JSON can carry both.
    if "\0" in value or any(unicodedata.category(character) == "Cs" for character in value):
        raise ValueError("must not contain NUL or unpaired surrogate characters")
    return value


def _plain(value: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in value):
        raise ValueError("must not contain control characters")
    return value


def _email(value: str) -> str:
    if not EMAIL_FORM.fullmatch(value):
        raise ValueError("must be an e-mail address such as name@example.org")
    return value.lower()


def _moment(value: Any) -> Any:
    """Take a plain date as midnight UTC; refuse numbers, which could mean seconds or milliseconds."""
    if isinstance(value, str) and DATE_FORM.fullmatch(value):
        try:
            return datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
        except ValueError:
            raise ValueError("must be a date that exists") from None
    if isinstance(value, datetime) or (isinstance(value, str) and TIMESTAMP_FORM.match(value)):
        return value
    raise ValueError("must be a date or a timestamp with offset")


SHORT_MOST = 255
"""Characters of an e-mail address or a name, the white space around it included."""


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("must have an offset such as Z or +01:00")
    if value.year not in YEARS:
        raise ValueError(f"must lie between the years {YEARS.start} and {YEARS.stop - 1}")
    return value.astimezone(UTC)


def _iso(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _short(value: Any) -> Any:
    """Refuse what is too long before it is trimmed: as a constraint beside the trimming it would count afterwards."""
    if isinstance(value, str) and len(value) > SHORT_MOST:
        raise ValueError(f"must have at most {SHORT_MOST} characters")
    return value


def _truth(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _text(**keywords: object) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **keywords}, mode="validation")


def _trimmed(inner: str) -> str:
    """Return the pattern of text with white space around ``inner``."""
    return f"^[{WHITE_SPACE}]*{inner}[{WHITE_SPACE}]*$"


def _between(bad: str, most: int) -> str:
    """Return the pattern of 1 to ``most`` characters without ``bad`` ones and without white space at the ends."""
    end = f"[^{WHITE_SPACE}{bad}]"
    return f"{end}(?:[^{bad}]{{0,{most - 2}}}{end})?"


STORABLE = r"^[^\x00]*$"

Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_plain),
    _text(pattern=_trimmed(_between(CONTROL, 200))),
]
ChatText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000),
    AfterValidator(_storable),
    _text(pattern=_trimmed(_between(r"\x00", 10_000))),
]
Description = Annotated[
    str, StringConstraints(max_length=1000), AfterValidator(_storable), _text(maxLength=1000, pattern=STORABLE)
]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_email),
    BeforeValidator(_short),
    _text(maxLength=255, pattern=_trimmed(EMAIL_FORM.pattern)),
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_plain),
    BeforeValidator(_short),
    _text(maxLength=255, pattern=_trimmed(f"(?:{_between(CONTROL, 255)})?")),
]
NewPassword = Annotated[
    str,
    StringConstraints(min_length=8, max_length=128),
    AfterValidator(_storable),
    _text(minLength=8, maxLength=128, pattern=STORABLE),
]
GivenPassword = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    AfterValidator(_storable),
    _text(minLength=1, maxLength=128, pattern=STORABLE),
]
SearchText = Annotated[
    str, StringConstraints(max_length=200), AfterValidator(_storable), _text(maxLength=200, pattern=STORABLE)
]
DueDate = Annotated[
    datetime,
    BeforeValidator(_moment),
    AfterValidator(_in_utc),
    WithJsonSchema({"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}], "pattern": YEARS_FORM}),
]
QueryBool = Annotated[StrictBool, BeforeValidator(_truth)]
"""A truth value in a query: true or false, and no other word for them."""

Moment = Annotated[
    datetime,
    PlainSerializer(_iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A point in time as it goes out: ISO 8601 in UTC with Z."""
