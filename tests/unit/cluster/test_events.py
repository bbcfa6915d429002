from __future__ import annotations

from pytest_todo_k8s.cluster import events
from pytest_todo_k8s.tools.redaction import Redactor, Secret


def test_plain_text_is_one_short_line() -> None:
    assert events.plain("a\x1b[1m \n\tb\x00") == "a b"
    assert events.plain("x" * 400) == "x" * 299 + "…"


def test_warnings_are_few_and_without_secrets() -> None:
    redactor = Redactor()
    redactor.add(Secret("hunter22"))
    many = [
        {
            "type": "Warning",
            "involvedObject": {"kind": "Pod", "name": "p"},
            "message": f"hunter22 refused, {number}",
            "lastTimestamp": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z",
        }
        for number in range(300)
    ]
    found = events.warnings(many, redactor)
    assert len(found) == events.LIMIT
    assert found[-1].message.endswith("refused, 299")
    assert not any("hunter22" in each.message or each.after_ready for each in found)
