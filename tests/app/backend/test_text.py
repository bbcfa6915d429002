from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import psycopg
import pytest
from app.text import Description, DueDate, Email, Title
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


def accepted(adapter: TypeAdapter[str], value: object) -> str | None:
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


@given(st.dates(max_value=datetime(9998, 12, 31, tzinfo=UTC).date()))
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
