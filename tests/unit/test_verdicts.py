from __future__ import annotations

import pytest

from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.verdicts import JUDGED, NoVerdict, enforce


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.BORDERLINE])
def test_good_verdict_returns(verdict: Verdict) -> None:
    enforce(verdict, "well")


def test_failure_is_a_failure_without_traceback() -> None:
    with pytest.raises(pytest.fail.Exception, match="too slow") as caught:
        enforce(Verdict.FAIL, "too slow")
    assert not caught.value.pytrace
    assert not isinstance(caught.value, NoVerdict)


@pytest.mark.parametrize("verdict", [Verdict.BLOCKED, Verdict.INCOMPLETE, Verdict.CRASHED])
def test_no_verdict_carries_its_kind(verdict: Verdict) -> None:
    with pytest.raises(NoVerdict, match=f"{verdict}: no data") as caught:
        enforce(verdict, "no data")
    assert caught.value.verdict is verdict
    assert not caught.value.pytrace
    assert verdict not in JUDGED


def test_reason_that_says_it_already_is_not_doubled() -> None:
    with pytest.raises(NoVerdict, match=r"^BLOCKED by deploy: no room$"):
        enforce(Verdict.BLOCKED, "BLOCKED by deploy: no room")


def test_not_run_is_a_skip() -> None:
    with pytest.raises(pytest.skip.Exception, match="not asked for"):
        enforce(Verdict.NOT_RUN, "not asked for")
