"""docs/integrity.md from the results of trials."""

from __future__ import annotations

from tests.integrity.matrix import IDS, Result, document


def result(criterion: str, name: str, *, caught: bool = True, **verdicts: str) -> Result:
    seen = dict.fromkeys(IDS, "PASS") | {key.replace("_", "-"): value for key, value in verdicts.items()}
    return Result(criterion, name, seen, f"{name} was seen", caught, 1.0, "2026-01-02", {"Kubernetes": "v1.34.4"})


def test_a_fault_that_is_caught() -> None:
    text = document([result("", "control"), result("SC-002", "a fat layer", SC_002="FAIL", SC_011="INCOMPLETE")])
    assert "Ran: 2026-01-02; Kubernetes v1.34.4." in text
    assert "1 of 1 faults caught" in text
    assert "| none | control | pass | pass |" in text
    assert "| SC-002 | a fat layer | pass | **FAIL** | pass |" in text
    assert "| SC-002 | a fat layer | a fat layer was seen |" in text
    assert "Misses" not in text


def test_a_miss_is_told() -> None:
    text = document([result("SC-003", "a crash loop", caught=False)])
    assert "0 of 1 faults caught" in text
    assert "## Misses and false alarms" in text
    assert "| a crash loop | a crash loop was seen |" in text


def test_nothing_ran() -> None:
    assert "0 of 0 faults caught" in document([])
