from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from app.logs import JsonFormatter, configure_logging, log

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def restored_root() -> Iterator[None]:
    root, pool = logging.getLogger(), logging.getLogger("psycopg.pool")
    handlers, level, pool_level = root.handlers[:], root.level, pool.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    pool.setLevel(pool_level)


def formatted(record: logging.LogRecord) -> dict[str, Any]:
    text = JsonFormatter().format(record)
    assert "\n" not in text
    line: dict[str, Any] = json.loads(text)
    return line


@pytest.mark.usefixtures("restored_root")
def test_a_record_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    log(logging.getLogger("uvicorn.error"), logging.INFO, "two\nlines", route="/api/tasks", status=200)
    line = json.loads(capsys.readouterr().out)
    assert line.pop("time").endswith("Z")
    assert line == {"level": "info", "message": "two\nlines", "route": "/api/tasks", "status": 200}


@pytest.mark.usefixtures("restored_root")
def test_level_is_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("warning")
    log(logging.getLogger("x"), logging.INFO, "quiet")
    log(logging.getLogger("x"), logging.WARNING, "loud")
    assert [json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()] == ["loud"]


def test_text_of_an_exception_is_not_logged() -> None:
    def raising() -> None:
        raise ValueError("Key (email)=(someone@example.org) is there already")

    try:
        raising()
    except ValueError as problem:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "request not served", None, None)
        record.exc_info = (type(problem), problem, problem.__traceback__)
    line = formatted(record)
    assert line["exception"] == "ValueError"
    assert line["frames"][-1].endswith(" raising")
    assert "someone" not in json.dumps(line)
