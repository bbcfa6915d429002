"""Logs: one JSON object per line on standard output.

Log files of the application are searched for the words error, exception, traceback, fatal and failed; nothing that is
written in normal operation, asked-for faults included, contains one of them.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

FIELDS = "fields"
"""Name of the attribute of a log record that carries additional keys."""


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON: time (ISO 8601, UTC), level, message and the given fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line.update(getattr(record, FIELDS, {}))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure_logging(level: str) -> None:
    """Send all records of this process to standard output as JSON, from ``level`` on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


def log(logger: logging.Logger, level: int, message: str, **fields: object) -> None:
    """Write one record with additional keys. Never pass keys or what users wrote."""
    logger.log(level, message, extra={FIELDS: fields})
