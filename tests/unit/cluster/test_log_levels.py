from __future__ import annotations

import datetime as dt
import re

import pytest

from pytest_todo_k8s.allowances import Allowances, Allowed
from pytest_todo_k8s.cluster.log_levels import HITS, SHOWN, Scan, level

TODAY = dt.date(2026, 11, 23)
RULE = Allowed(re.compile("probe"), "log", "a probe that came early", "platform", TODAY, 2)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"time": "2026", "level": "info", "message": "error rate 0"}', "info"),
        ('{"level": "ERROR", "message": "x"}', "error"),
        ('{"severity": "WARNING"}', "warning"),
        ('{"levelname": "CRITICAL"}', "critical"),
        ('{"level": 50, "msg": "pino"}', "error"),
        ('{"level": 60}', "critical"),
        ('{"level": 30}', "info"),
        ('{"level": 10}', "debug"),
        ('{"level": "verbose"}', None),
        ('{"message": "no level"}', None),
        ('{"level": "error", cut', None),
        ("2026-11-23 16:16:14.282 UTC [1] LOG:  starting PostgreSQL 17.12", "info"),
        ('2026-11-23 16:16:14.282 UTC [12] ERROR:  relation "x" does not exist at character 15', "error"),
        ("2026-11-23 16:16:14.282 UTC [12] STATEMENT:  select error from x", "info"),
        ("2026-11-23 16:16:14.282 UTC [12] FATAL:  the database system is starting up", "critical"),
        ("2026-11-23 16:16:14.282 UTC [1] DEBUG2:  x", "debug"),
        ("INFO:     Uvicorn running on http://0.0.0.0:8080", "info"),
        ("ERROR:    Application startup failed. Exiting.", "error"),
        ("WARNING: something", "warning"),
        ("2026-11-23T16:16:14.282Z ERROR could not connect", "error"),
        ("[error] no", "error"),
        ("Errors: 0", None),
        ("0 errors found", None),
        ("Traceback (most recent call last):", "critical"),
        ("ValueError: no", "critical"),
        ("psycopg.OperationalError: connection refused", "critical"),
        ("TypeError [ERR_INVALID_ARG_TYPE]: The argument", "critical"),
        ("panic: runtime error", "critical"),
        ("[UnhandledPromiseRejection: This error originated", "critical"),
        (" \u2a2f Failed to start server", "critical"),
        (" \u25b2 Next.js 16.4.6", None),
        ("Ready in 300ms", None),
    ],
)
def test_levels(line: str, expected: str | None) -> None:
    assert level(line) == expected


def test_a_log_is_counted_and_bad_lines_keep_their_neighbours() -> None:
    scan = Scan()
    scan.read("one\n\ntwo\nINFO: three\n\x1b[31mERROR: four\x1b[0m\nfive\nsix\nseven\n")
    assert (scan.lines, scan.unparsed, dict(scan.levels)) == (7, 5, {"info": 1, "error": 1})
    (hit,) = scan.hits
    assert (hit.line, hit.level) == ("ERROR: four", "error")
    assert hit.context == ["two", "INFO: three", "ERROR: four", "five", "six"]


def test_hits_are_bounded_and_counted_all_the_same() -> None:
    scan = Scan()
    scan.read("\n".join(["ERROR: " + "x" * 2000] * 200))
    assert len(scan.hits) == HITS
    assert scan.levels["error"] == 200
    assert {len(hit.line) for hit in scan.hits} == {SHOWN}


def test_what_is_expected_is_counted_apart_and_says_by_which_entry() -> None:
    expected = Allowances((RULE,), TODAY)
    scan = Scan(expected)
    scan.read("ERROR: probe\n")
    assert [(hit.line, hit.ruling) for hit in scan.allowed] == [("ERROR: probe", RULE.words)]
    other = Scan(expected)
    other.read("ERROR: probe\n" * 2)
    assert (len(other.allowed), len(other.hits)) == (1, 1), "two in one run, whatever the log"
    assert other.hits[0].ruling == f"more often than allowed: {RULE.words}"


def test_a_log_that_can_not_be_read_is_a_hit() -> None:
    scan = Scan()
    scan.unreadable("container is gone")
    assert [hit.line for hit in scan.hits] == ["this log can't be read: container is gone"]
    assert scan.lines == 0
