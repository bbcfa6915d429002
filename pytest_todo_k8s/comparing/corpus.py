"""All requests that are compared, in the order in which they are sent.

First a scenario, then each operation of the API document used wrongly in every way, then what chance makes of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.comparing.derived import KNOWN, OWNER, derived
from pytest_todo_k8s.comparing.document import operations
from pytest_todo_k8s.comparing.generated import generated
from pytest_todo_k8s.comparing.request import Request
from pytest_todo_k8s.comparing.samples import ADDRESS
from pytest_todo_k8s.comparing.scenario import LAST, address, scenario
from pytest_todo_k8s.errors import PhaseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

USERS: Final = ("ann", "bob", OWNER)
"""Accounts of the corpus."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What is sent.

    Attributes:
        requests: In order.
        operations: Names of the API document's operations.
        generated: How many of the requests chance made.
        seed: By which.
    """

    requests: tuple[Request, ...]
    operations: tuple[str, ...]
    generated: int
    seed: int

    @property
    def unasked(self) -> list[str]:
        """Names of the operations that no request was made for."""
        asked = {request.name.partition(", ")[0] for request in self.requests}
        return [name for name in self.operations if name not in asked]


def corpus(
    document: object, run_id: str, passwords: Mapping[str, str], *, seed: int, folder: Path, chat: bool
) -> Corpus:
    """Make the corpus of one run.

    Args:
        document: The API document of the plain application.
        run_id: Makes the accounts new to both databases.
        passwords: Of the `USERS`.
        seed: Of the generated requests.
        folder: Where their generator may keep files.
        chat: Whether to speak to the assistant too: it must answer by fixed rules, which a real model does not.

    Raises:
        PhaseError: The document can't be understood.
    """
    try:
        known = operations(document)
        from_document = tuple(_own_addresses(derived(known), run_id))
    except ValueError as error:
        raise PhaseError("parity", f"no requests can be made from the API document: {error}") from None
    by_chance = tuple(generated(known, seed, run_id, folder))
    owner = tuple(_owner(run_id, passwords[OWNER]))
    asked = [each for each in (*from_document, *by_chance) if chat or not _speaks(each)]
    requests = (*scenario(run_id, passwords, chat=chat), *owner, *asked, *_ends())
    return Corpus(requests, tuple(each.name for each in known), len(by_chance), seed)


def _speaks(request: Request) -> bool:
    """Whether a request may reach the model behind the assistant."""
    return request.user is not None and request.path.partition("?")[0].endswith("/chat")


def _own_addresses(requests: Iterable[Request], run_id: str) -> Iterator[Request]:
    """Let accounts that come of the document's examples be of this run alone, for databases that outlive a run."""
    own = address("somebody", run_id).encode()
    for each in requests:
        yield replace(each, raw=each.raw.replace(ADDRESS.encode(), own)) if each.raw else each


def _owner(run_id: str, password: str) -> Iterator[Request]:
    """Make the account, and the tasks, that derived and generated requests use."""
    body = {"email": address(OWNER, run_id), "password": password}
    captures = {OWNER: "token", f"{OWNER}_id": "user.id"}
    yield Request("sign-up of the owner", "POST", "/api/auth/signup", body, user=None, captures=captures)
    for variable in (each.strip("{}") for each in KNOWN["task_id"]):
        title = {"title": f"task {variable}"}
        yield Request(f"task {variable}", "POST", "/api/tasks", title, user=OWNER, captures={variable: "id"})


def _ends() -> Iterator[Request]:
    yield Request("what is left of the owner's tasks", "GET", "/api/tasks?limit=200&order=asc", user=OWNER)
    yield Request("what is left of ann's tasks", "GET", "/api/tasks?limit=200&order=asc")
    yield LAST
