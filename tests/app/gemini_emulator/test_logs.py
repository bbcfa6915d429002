"""Log lines."""

from __future__ import annotations

import json
import logging
import sys

from gemini_emulator.logs import FIELDS, JsonFormatter


def test_a_line_is_one_json_object_with_the_given_fields() -> None:
    record = logging.LogRecord("uvicorn.error", logging.INFO, __file__, 1, "hello %s", ("there",), None)
    setattr(record, FIELDS, {"status": 200})
    line = json.loads(JsonFormatter().format(record))
    assert (line["level"], line["message"], line["status"]) == ("info", "hello there", 200)
    assert line["time"].endswith("Z")
    assert "uvicorn.error" not in json.dumps(line)


def test_a_crash_is_told_in_one_line() -> None:
    try:
        json.loads("{")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "broken", (), sys.exc_info())
    text = JsonFormatter().format(record)
    assert "\n" not in text
    assert "JSONDecodeError: Expecting property name" in json.loads(text)["exception"]
