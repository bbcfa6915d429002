"""A visitor of the frontend: a browser's cookies and headers without its pictures."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from pytest_todo_k8s.measuring.fetch import Fetched, fetch, new_session
from pytest_todo_k8s.tools.redaction import Secret, generate

if TYPE_CHECKING:
    from types import TracebackType

    from pytest_todo_k8s.tools.redaction import Redactor

TIMEOUT_S: Final = 15.0
"""Longest wait for one answer: the frontend gives the backend ten seconds."""
CHAT_TIMEOUT_S: Final = 40.0
"""Longest wait for the assistant: the frontend gives a turn 35 seconds."""
CREATED: Final = 201
OK: Final = 200
NO_CONTENT: Final = 204
_SHOWN_CHARACTERS: Final = 200


class AnswerError(Exception):
    """An answer was not the expected one; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account of one made-up user."""

    email: str
    password: Secret
    name: str

    @classmethod
    def new(cls, name: str, redactor: Redactor) -> Account:
        """Make up an account that no earlier run has; its password is masked everywhere."""
        account = cls(f"{name}-{secrets.token_hex(6)}@example.org", generate(18), name)
        redactor.add(account.password)
        return account


class Visitor:
    """One browser session: keeps cookies as a browser does and sends `Origin` with every change."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._origin = "{0.scheme}://{0.netloc}".format(urlsplit(base_url))
        self._session = new_session()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def request(self, method: str, path: str, body: object = None, *, timeout_s: float = TIMEOUT_S) -> Fetched:
        """Send a request and return the answer.

        Raises:
            AnswerError: There was none.
        """
        headers = {"Accept": "application/json"}
        data = None
        if method != "GET":
            headers["Origin"] = self._origin
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        url = self._base_url + path
        answer = fetch(self._session, url, timeout_s=timeout_s, method=method, headers=headers, body=data)
        if answer.error:
            raise AnswerError(f"{method} {path} was not answered: {answer.error}")
        return answer

    def call(
        self, method: str, path: str, body: object = None, *, expect: int = OK, timeout_s: float = TIMEOUT_S
    ) -> Any:
        """Send a request to the API and return the JSON of its answer (None for an empty one).

        Raises:
            AnswerError: Another status than `expect`, no answer, or no JSON in it.
        """
        answer = self.request(method, path, body, timeout_s=timeout_s)
        if answer.status != expect:
            shown = answer.text[:_SHOWN_CHARACTERS]
            raise AnswerError(f"{method} {path} answered with status {answer.status} instead of {expect}: {shown}")
        try:
            return json.loads(answer.body) if answer.body else None
        except ValueError:
            raise AnswerError(f"{method} {path} answered with no JSON: {answer.text[:_SHOWN_CHARACTERS]}") from None

    def sign_up(self, account: Account) -> Any:
        """Make an account; the session is signed in from then on."""
        body = {"email": account.email, "password": account.password.reveal(), "name": account.name}
        return self.call("POST", "/api/auth/signup", body, expect=CREATED)

    def log_in(self, account: Account) -> Any:
        """Sign in to an account."""
        body = {"email": account.email, "password": account.password.reveal()}
        return self.call("POST", "/api/auth/login", body)

    def create(self, title: str) -> Any:
        """Make a task and return it."""
        return self.call("POST", "/api/tasks", {"title": title}, expect=CREATED)

    def say(self, message: str) -> list[str]:
        """Say something to the assistant in a new conversation and return the names of the tools it used.

        Raises:
            AnswerError: It did not answer.
        """
        answer = self.call("POST", "/api/chat", {"message": message}, timeout_s=CHAT_TIMEOUT_S)
        return [str(used["tool_name"]) for used in answer["tool_invocations"] or []]

    def titles(self) -> list[str]:
        """Return the titles of the visitor's own tasks.

        Raises:
            AnswerError: The answer is no list of tasks.
        """
        answer = self.call("GET", "/api/tasks")
        try:
            return [str(task["title"]) for task in answer["tasks"]]
        except (TypeError, KeyError):
            raise AnswerError(f"GET /api/tasks answered with no list of tasks: {answer!r}"[:300]) from None
