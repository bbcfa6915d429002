"""How a verdict becomes a pytest outcome.

*Failed* means the product, *error* means the infrastructure or the evidence: a verdict that isn't one is therefore
raised from a fixture, before the test itself begins.
"""

from __future__ import annotations

from typing import Final

import pytest

from pytest_todo_k8s.evidence import Verdict

JUDGED: Final = frozenset({Verdict.PASS, Verdict.BORDERLINE, Verdict.FAIL})
"""Verdicts that say something of the product."""
PROPERTY: Final = "todo_verdict"
"""Name of the report's property that carries the verdict to the controller and into the JUnit file."""


class NoVerdict(pytest.fail.Exception):  # type: ignore[name-defined,misc]  # an attribute, not a name, of pytest
    """Raised from a fixture: there is nothing to judge. Shown in one line, without a traceback.

    Attributes:
        verdict: BLOCKED, INCOMPLETE or CRASHED.
    """

    __module__ = "builtins"  # as pytest's own outcomes: the short summary then shows the reason, not our package

    def __init__(self, verdict: Verdict, reason: str) -> None:
        told = reason if reason.startswith(verdict.value) else f"{verdict.value}: {reason}"
        super().__init__(told, pytrace=False)
        self.verdict = verdict


def enforce(verdict: Verdict, reason: str) -> None:
    """Turn a verdict into pytest's outcome; PASS and BORDERLINE return.

    Args:
        verdict: Of a criterion's part.
        reason: Why, one sentence.

    Raises:
        NoVerdict: BLOCKED, INCOMPLETE, CRASHED; to be called from a fixture, so that it shows as an error.
        pytest.fail.Exception: FAIL; without a traceback.
        pytest.skip.Exception: NOT RUN.
    """
    if verdict is Verdict.NOT_RUN:
        pytest.skip(reason)
    if verdict is Verdict.FAIL:
        pytest.fail(reason, pytrace=False)
    if verdict not in JUDGED:
        raise NoVerdict(verdict, reason)
