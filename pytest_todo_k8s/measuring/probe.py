"""Times the backend from inside the cluster: `python3 -m pytest_todo_k8s.measuring.probe` in a pod.

Its own pod holds this module, `series` and `sampling` and nothing else of the package, so it needs only the standard
library. It prints one JSON object a line: `warmup`, `sample` and `calibration` with `duration_s` and `error`, then
one `end`, without which the series is not whole.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.measuring.series import Pace, Timing, take

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE: Final = "TODO_PROBE"
"""Environment variable with what to do: JSON with `host`, `port`, `limit_s`, `interval_s`, `timeout_s`, and with `path`
and `answer` of what is timed (`health`) and of what is asked once beside it (`ready`; null: nothing)."""
MODULES: Final = ("probe", "sampling", "series")
"""Modules of this package that the pod needs."""
_OK: Final = 200
_BODY_CAP_BYTES: Final = 64 * 1024


def main() -> None:
    """Take the series that the environment asks for and print it."""
    asked: dict[str, Any] = json.loads(os.environ[VARIABLE])
    host, port = str(asked["host"]), int(asked["port"])
    pace = Pace(float(asked["limit_s"]), float(asked["interval_s"]), float(asked["timeout_s"]))
    series = take(lambda: answer_error(host, port, pace.timeout_s, **asked["health"]), pace)
    for timing in series.warmup:
        _print("warmup", timing)
    for timing in series.samples:
        _print("sample", timing)
    for late_s in series.calibration_s:
        _print("calibration", Timing(late_s))
    started = time.monotonic()
    if asked["ready"]:
        error = answer_error(host, port, pace.timeout_s, **asked["ready"])
        _print("ready", Timing(time.monotonic() - started, error))
    _print("end", Timing(series.sampling_s))


def answer_error(host: str, port: int, timeout_s: float, path: str, answer: Mapping[str, str] | str) -> str | None:
    """Ask for a path over a new connection and return what is wrong with the answer, or None.

    Args:
        host: Whom to ask.
        port: Its port.
        timeout_s: Seconds for each step of the request.
        path: What to ask for.
        answer: Keys and values that the JSON of the body must have, or a text that the body must hold.
    """
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        response = connection.getresponse()
        body = response.read(_BODY_CAP_BYTES)
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    if response.status != _OK:
        return f"status {response.status}"
    return _body_error(body, answer)


def _body_error(body: bytes, wanted: Mapping[str, str] | str) -> str | None:
    if isinstance(wanted, str):
        return None if wanted in body.decode(errors="replace") else f"the body does not hold {wanted!r}: {body[:80]!r}"
    try:
        answer = json.loads(body)
    except ValueError:
        return f"the body is not JSON: {body[:80]!r}"
    if not isinstance(answer, dict) or any(answer.get(key) != value for key, value in wanted.items()):
        return f"the body is not {dict(wanted)}: {body[:80]!r}"
    return None


def _print(kind: str, timing: Timing) -> None:
    line = {"kind": kind, "duration_s": round(timing.duration_s, 6), "error": timing.error}
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
