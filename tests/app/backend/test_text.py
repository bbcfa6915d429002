from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from app.text import (
    ChatText,
    Description,
    DueDate,
    Email,
    GivenPassword,
    Name,
    NewPassword,
    SearchText,
    Title,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

titles = TypeAdapter[str](Title)
descriptions = TypeAdapter[str](Description)
emails = TypeAdapter[str](Email)
due_dates = TypeAdapter[datetime](DueDate)

# The Unicode property White_Space; str.strip would take four information separators along.
WHITE_SPACE = "".join(c for c in map(chr, range(0x3001)) if c.isspace() and c not in "\x1c\x1d\x1e\x1f")

any_text = st.text(st.characters(), max_size=300)
local_parts = st.text(st.sampled_from("abcXYZ019.!#$%&'*+/=?^_`{|}~-"), min_size=1, max_size=60)
labels = st.text(st.sampled_from("abcXYZ019-"), min_size=1, max_size=30)


@pytest.fixture(scope="module")
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


def accepted(adapter: TypeAdapter[Any], value: object) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        return None


@given(any_text)
@settings(max_examples=300)
def test_title_is_accepted_exactly_by_the_rule(text: str) -> None:
    title = accepted(titles, text)
    if title is None:
        trimmed = text.strip(WHITE_SPACE)
        assert not trimmed or len(trimmed) > 200 or any(unicodedata.category(c) in ("Cc", "Cs") for c in trimmed)
    else:
        assert 1 <= len(title) <= 200
        assert title == text.strip(WHITE_SPACE)
        assert not any(unicodedata.category(c) == "Cc" for c in title)


CORNERS = st.text(st.sampled_from(" \t\n\r\x00\x1c\x1f\x7f\x85\xa0\u2003\ufeffa@.Z9~\u00e9\U0001f600"), max_size=12)
LENGTHS = st.sampled_from([1, 7, 8, 127, 128, 129, 198, 199, 200, 201, 254, 255, 256, 1000, 1001, 9999, 10_000, 10_001])
long_text = st.builds(lambda before, length, after: before + "x" * length + after, CORNERS, LENGTHS, CORNERS)


KINDS = {
    "chat": ChatText,
    "description": Description,
    "email": Email,
    "given password": GivenPassword,
    "name": Name,
    "new password": NewPassword,
    "search": SearchText,
    "title": Title,
}


@pytest.mark.parametrize("kind", KINDS)
@given(text=CORNERS | long_text | st.emails())
@settings(max_examples=300)
def test_schema_says_exactly_what_is_accepted(kind: str, text: str) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(KINDS[kind])
    schema = adapter.json_schema()
    # The keyword means a search, and its end is the end of the text.
    fits = re.search(schema["pattern"].removesuffix("$") + r"\Z", text) is not None
    fits = fits and schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text))
    assert fits == (accepted(adapter, text) is not None)


@given(st.dates())
def test_schema_of_due_dates_knows_the_years(day: date) -> None:
    fits = re.search(TypeAdapter(DueDate).json_schema()["pattern"], str(day)) is not None
    assert fits == (accepted(due_dates, str(day)) is not None)


@given(any_text)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_accepted_text_survives_the_database(connection: psycopg.Connection, text: str) -> None:
    for value in (accepted(titles, text), accepted(descriptions, text)):
        if value is not None:
            row = connection.execute("SELECT %s::text", [value]).fetchone()
            assert row == (value,)


@given(local_parts, labels, labels)
def test_email_is_lower_cased_and_stable(local: str, domain: str, top: str) -> None:
    address = emails.validate_python(f"  {local}@{domain}.{top} ")
    assert address == f"{local}@{domain}.{top}".lower()
    assert emails.validate_python(address) == address


@given(any_text)
@settings(max_examples=300)
def test_no_text_makes_an_unsafe_email(text: str) -> None:
    address = accepted(emails, text)
    if address is not None:
        assert address.isascii()
        assert address.isprintable()
        assert " " not in address
        assert address.count("@") == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@b",
        "@b.c",
        "a@",
        "a@b.",
        "a b@c.d",
        "a@b@c.d",
        "a@b.c\0",
        "ä@b.c",
        "\u212aelvin@b.c",
        "a@" + "b" * 252 + ".c",
    ],
)
def test_these_are_no_addresses(text: str) -> None:
    assert accepted(emails, text) is None


@pytest.mark.parametrize("length", [1, 200])
def test_title_length_counts_characters(length: int) -> None:
    assert titles.validate_python("\N{GRINNING FACE}" * length) == "\N{GRINNING FACE}" * length


@pytest.mark.parametrize("text", ["", "   ", "x" * 201, "a\nb", "a\0b", "a\x7fb", "\ud800"])
def test_these_are_no_titles(text: str) -> None:
    assert accepted(titles, text) is None


def test_description_may_have_lines_but_no_nul() -> None:
    assert descriptions.validate_python("a\n\tb") == "a\n\tb"
    assert descriptions.validate_python("") == ""
    assert accepted(descriptions, "a\0") is None
    assert accepted(descriptions, "\udfff") is None
    assert accepted(descriptions, "x" * 1001) is None


offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=offsets))
def test_due_date_is_a_moment_in_utc_or_refused(moment: datetime) -> None:
    try:
        found = due_dates.validate_python(moment.isoformat())
    except ValidationError:
        assert moment.year in (1, 9999)
    else:
        assert found.utcoffset() == timedelta(0)
        assert found == moment


@given(st.dates(date(2, 1, 1), date(9998, 12, 31)))
def test_plain_date_is_midnight_utc(day: object) -> None:
    found = due_dates.validate_python(str(day))
    assert found.isoformat() == f"{day}T00:00:00+00:00"


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-30",
        "2026-13-01",
        "tomorrow",
        "",
        "2026-01-01T10:00:00",
        1767225600,
        1.5,
        True,
        "20260101",
        "1767225600",
    ],
)
def test_these_are_no_due_dates(value: object) -> None:
    with pytest.raises(ValidationError):
        due_dates.validate_python(value)
