"""Logs: one JSON object per line on standard output.

Log files of this service are searched for the words error, exception, traceback, fatal and failed; nothing that is
written in normal operation contains one of them, keys and logger names included.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

FIELDS = "fields"
"""Name of the attribute of a log record that carries additional keys."""


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON: time (ISO 8601, UTC), level, message and the given fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. Of an exception only type and places are kept: its text may quote user data."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line.update(getattr(record, FIELDS, {}))
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["frames"] = _frames(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False, default=str)


def configure_logging(level: str) -> None:
    """Send all records of this process to standard output as JSON, from ``level`` on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # The pool reports each single attempt in the driver's words; app.database reports the change of state instead.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    # The HTTP client writes a line for each request to the model; app.chat tells what came of them.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def log(logger: logging.Logger, level: int, message: str, **fields: object) -> None:
    """Write one record with additional keys. Never pass tokens, passwords, URLs or user text."""
    logger.log(level, message, extra={FIELDS: fields})


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
