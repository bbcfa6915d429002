"""The log of requests that tests read."""

from __future__ import annotations

from gemini_emulator.request_log import KEPT, REDACTED, RequestLog
from hypothesis import given
from hypothesis import strategies as st


def test_keys_are_not_kept() -> None:
    log = RequestLog()
    headers = {"authorization": "Bearer s3cret", "x-goog-api-key": "s3cret", "cookie": "s3cret", "accept": "*/*"}
    log.add("POST", "/x", "alt=sse&key=s3cret&k%65y=s3cret", headers, "{}")
    [entry] = log.entries()
    assert "s3cret" not in repr(entry)
    assert entry.headers["accept"] == "*/*"
    assert entry.query == f"alt=sse&key={REDACTED}&key={REDACTED}"


@given(st.text(max_size=50))
def test_any_query_is_kept_somehow(query: str) -> None:
    log = RequestLog()
    log.add("GET", "/", query, {}, "")
    assert len(log.entries()) == 1


def test_identical_requests_are_counted_until_the_log_is_cleared() -> None:
    log = RequestLog()
    assert [log.add("POST", "/x", "", {}, body) for body in ("a", "b", "a", "a")] == [0, 0, 1, 2]
    log.clear()
    assert log.entries() == []
    assert log.add("POST", "/x", "", {}, "a") == 0


def test_only_the_newest_are_kept() -> None:
    log = RequestLog()
    for number in range(KEPT + 5):
        log.add("POST", "/x", "", {}, str(number))
    bodies = [entry.body for entry in log.entries()]
    assert (len(bodies), bodies[0], bodies[-1]) == (KEPT, "5", str(KEPT + 4))
