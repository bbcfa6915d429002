"""A user's way through the frontend, as `helm test` walks it: sign up, log in, make a task and find it again.

Exits with 0 when every step worked, else with 1 and one sentence that names the step. The account and its task are
removed from the database in either case, because the application itself deletes no accounts.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import urllib.error
import urllib.request
from typing import Any

from app.config import load_database_address
from app.migrate import connect

TIMEOUT_S = 15
BASE = os.environ["FRONTEND_URL"]
EMAIL = f"helm-test-{secrets.token_hex(8)}@example.org"
PASSWORD = secrets.token_urlsafe(18)
TITLE = f"helm test {secrets.token_hex(4)}"


class StepError(Exception):
    """The application did not do what a step asked for; the text is one sentence."""


def ask(step: str, method: str, path: str, body: Any = None, cookie: str = "") -> tuple[Any, str]:
    """Send one request; return the answer's JSON and its session cookie."""
    # Cookies are sent back by hand: the session's may be for https alone, and the way inside the cluster is plain http.
    headers = {"Content-Type": "application/json", "Origin": BASE, "Cookie": cookie}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            text, cookies = answer.read(), answer.headers.get_all("Set-Cookie") or []
    except urllib.error.HTTPError as error:
        raise StepError(f"{step}: {method} {path} answered {error.code}: {error.read()[:200]!r}") from None
    except OSError as error:
        raise StepError(f"{step}: {method} {path} was not answered: {error}") from None
    print(f"{step}: done", flush=True)
    return json.loads(text) if text else None, "; ".join(each.partition(";")[0] for each in cookies)


def walk() -> None:
    """Take all steps."""
    ask("sign up", "POST", "/api/auth/signup", {"email": EMAIL, "password": PASSWORD, "name": "helm test"})
    _, cookie = ask("log in", "POST", "/api/auth/login", {"email": EMAIL, "password": PASSWORD})
    made, _ = ask("make a task", "POST", "/api/tasks", {"title": TITLE}, cookie)
    listed, _ = ask("list the tasks", "GET", "/api/tasks", cookie=cookie)
    if [task["id"] for task in listed.get("tasks", [])] != [made["id"]]:
        raise StepError(f"list the tasks: the new task is not the one that is listed: {listed}")


def remove() -> None:
    """Delete the account, and with it its task."""
    with connect(load_database_address(os.environ), patience_s=TIMEOUT_S) as connection:
        done = connection.execute("DELETE FROM users WHERE email = %s", [EMAIL])
        print(f"remove the account: {done.rowcount} removed", flush=True)


try:
    try:
        walk()
    finally:
        remove()
except Exception as problem:  # noqa: BLE001  whatever it is, the log gets one sentence
    sys.exit(f"helm test failed: {problem}")
