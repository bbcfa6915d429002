"""Kinds of text that the API accepts, as annotated types. Lengths are counted in Unicode characters."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, StringConstraints

EMAIL_FORM = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+")
"""Printable ASCII with one @ and a dot after it. ASCII alone, so that lower-casing means the same here and in
PostgreSQL, and two spellings cannot be two accounts."""

DATE_FORM = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

TIMESTAMP_FORM = re.compile(DATE_FORM.pattern + r"[Tt ]", re.ASCII)

YEARS = range(1, 9999)
"""Years of a due date that stay representable in every time zone."""


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


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("must have an offset such as Z or +01:00")
    if value.year not in YEARS:
        raise ValueError("must lie between the years 1 and 9998")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie between the years 1 and 9998") from None


def _iso(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_plain)]
Description = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_storable)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255), AfterValidator(_email)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255), AfterValidator(_plain)]
NewPassword = Annotated[str, StringConstraints(min_length=8, max_length=128), AfterValidator(_storable)]
GivenPassword = Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(_storable)]
ChatText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), AfterValidator(_storable)
]
SearchText = Annotated[str, StringConstraints(max_length=200), AfterValidator(_storable)]
DueDate = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_in_utc)]
Moment = Annotated[datetime, PlainSerializer(_iso, return_type=str)]
"""A point in time as it goes out: ISO 8601 in UTC with Z."""
