"""Sends the corpus to two applications and compares their answers."""

from __future__ import annotations

import json
import re
import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.comparing.normalise import Normaliser
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measurements import Difference
from pytest_todo_k8s.measuring.fetch import Fetched, fetch, new_session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import requests

    from pytest_todo_k8s.comparing.request import Request

COMPARED_HEADERS: Final = (
    "access-control-allow-origin",
    "allow",
    "cache-control",
    "content-type",
    "location",
    "retry-after",
    "www-authenticate",
    "x-request-id",
)
TIMEOUT_S: Final = 40.0
"""The assistant has 30 seconds for a turn."""
_SHOWN_CHARACTERS: Final = 300
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_ABSENT: Final = "(absent)"


@dataclass(frozen=True, slots=True)
class Answer:
    """One normalised answer; `error` stands in the place of all else when there was none."""

    status: int | None
    headers: Mapping[str, str]
    body: object
    error: str | None = None


def ask_all(
    urls: Mapping[str, str], requests_: Sequence[Request], given: Mapping[str, str] | None = None
) -> list[list[Answer]]:
    """Send the corpus to several applications at the same time, to each of them in order.

    Args:
        urls: The applications, by what an error calls them.
        requests_: The corpus.
        given: What is known before the first answer, by name.

    Raises:
        PhaseError: As `ask`.
    """
    stop = threading.Event()
    with ThreadPoolExecutor(len(urls)) as pool:
        asked = [pool.submit(ask, url, requests_, side, given, stop) for side, url in urls.items()]
        try:
            wait(asked, return_when=FIRST_EXCEPTION)
        finally:
            stop.set()  # where one failed, or the run is broken off, the others need no more answers
        return [each.result() for each in asked]


def ask(
    base_url: str,
    requests_: Sequence[Request],
    side: str,
    given: Mapping[str, str] | None = None,
    stop: threading.Event | None = None,
) -> list[Answer]:
    """Send the corpus to one application, in order, and return the normalised answers.

    Args:
        base_url: The application.
        requests_: The corpus.
        side: What an error calls the application.
        given: What is known before the first answer, by name.
        stop: Another thread sets it to get no more answers.

    Raises:
        PhaseError: A value that later requests need did not come, so those would compare nothing.
    """
    known = dict(given or {})
    normaliser = Normaliser()
    answers = []
    with new_session() as session:
        for request in requests_:
            if stop and stop.is_set():
                break
            try:
                fetched = _send(session, base_url, request, known)
            except KeyError as missing:
                cause = f"the request {request.name!r} needs {missing}, which no earlier one captures"
                raise PhaseError("parity", cause) from None
            body = _json(fetched)
            known |= _captured(request, fetched, body, side)
            answers.append(_answer(fetched, body, normaliser))
    return answers


def differences(requests_: Sequence[Request], plain: Sequence[Answer], cluster: Sequence[Answer]) -> list[Difference]:
    """Compare two applications' answers to the same corpus, one request after the other."""
    found: list[Difference] = []
    for request, here, there in zip(requests_, plain, cluster, strict=True):
        name = f"{request.name}: {request.method} {request.path}"
        found += [
            Difference(request=name, where=where, plain=_shown(left), cluster=_shown(right))
            for where, left, right in _unlike(here, there)
        ]
    return found


def _send(session: requests.Session, base_url: str, request: Request, known: Mapping[str, str]) -> Fetched:
    headers = {"Accept": "application/json"}
    headers |= {name: _with_known(value, known) for name, value in request.headers.items()}
    data = request.raw
    if request.body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(_filled_in(request.body, known)).encode()
    if request.user:
        headers["Authorization"] = f"Bearer {known[request.user]}"
    path = _with_known(request.path, known)
    session.cookies.clear()
    return fetch(session, base_url + path, timeout_s=TIMEOUT_S, method=request.method, headers=headers, body=data)


def _with_known(text: str, known: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda name: known[name[1]], text)


def _filled_in(body: object, known: Mapping[str, str]) -> object:
    """Put what is known in the place of values that are one variable, in an object's own values."""
    if not isinstance(body, dict):
        return body
    return {
        key: known[whole[1]] if isinstance(value, str) and (whole := _VARIABLE.fullmatch(value)) else value
        for key, value in body.items()
    }


def _json(fetched: Fetched) -> Any:
    """Return the JSON of an answer, or its text where it has none."""
    try:
        return json.loads(fetched.body) if fetched.body else None
    except ValueError:
        return fetched.text


def _captured(request: Request, fetched: Fetched, body: Any, side: str) -> dict[str, str]:
    found = {}
    for name, place in request.captures.items():
        value = body
        for key in place.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if not isinstance(value, str):
            seen = fetched.error or f"status {fetched.status}"
            raise PhaseError(
                "parity", f"{side} answered {request.method} {request.path} ({request.name}) without {place}: {seen}"
            )
        found[name] = value
    return found


def _answer(fetched: Fetched, body: object, normaliser: Normaliser) -> Answer:
    headers = {
        name: normaliser.header(name, fetched.headers[name]) for name in COMPARED_HEADERS if name in fetched.headers
    }
    compared = normaliser.text(body) if isinstance(body, str) else normaliser.value(body)
    return Answer(fetched.status, headers, compared, fetched.error)


def _unlike(plain: Answer, cluster: Answer) -> Iterator[tuple[str, object, object]]:
    """Yield where two answers differ, with both sides; no answer is a difference, also where neither answered."""
    if plain.error or cluster.error:
        yield "answer", plain.error or f"status {plain.status}", cluster.error or f"status {cluster.status}"
        return
    if plain.status != cluster.status:
        yield "status", plain.status, cluster.status
    for name in COMPARED_HEADERS:
        left, right = plain.headers.get(name, _ABSENT), cluster.headers.get(name, _ABSENT)
        if left != right:
            yield f"header {name}", left, right
    yield from _unlike_values("body", plain.body, cluster.body)


def _unlike_values(where: str, plain: Any, cluster: Any) -> Iterator[tuple[str, object, object]]:
    """Yield the innermost places where two JSON values differ."""
    if isinstance(plain, dict) and isinstance(cluster, dict):
        for key in dict.fromkeys([*plain, *cluster]):
            yield from _unlike_values(f"{where}.{key}", plain.get(key, _ABSENT), cluster.get(key, _ABSENT))
    elif isinstance(plain, list) and isinstance(cluster, list) and len(plain) == len(cluster):
        for place, (left, right) in enumerate(zip(plain, cluster, strict=True)):
            yield from _unlike_values(f"{where}[{place}]", left, right)
    elif plain != cluster or type(plain) is not type(cluster):
        yield where, plain, cluster


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}... ({len(text)} characters)"
