"""Compares the application in the cluster with the same application as plain processes on this machine (SC-011)."""

from __future__ import annotations

import contextlib
import json
import secrets
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.application import BUILT_IN
from pytest_todo_k8s.browsing import visits
from pytest_todo_k8s.comparing import another, generated, rows, walks
from pytest_todo_k8s.comparing.answers import ask_all, differences
from pytest_todo_k8s.comparing.corpus import USERS, corpus
from pytest_todo_k8s.comparing.normalise import RULES
from pytest_todo_k8s.comparing.walks import walk_differences
from pytest_todo_k8s.criteria import sc_011_parity
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.flows.journey import KeptTasks
from pytest_todo_k8s.flows.visitor import Account
from pytest_todo_k8s.measurements import Parity
from pytest_todo_k8s.measuring import steady
from pytest_todo_k8s.measuring.fetch import fetch, new_session
from pytest_todo_k8s.plain import frontend, postgres
from pytest_todo_k8s.plain.application import FRONTEND, backend_with_model
from pytest_todo_k8s.plain.node import Node
from pytest_todo_k8s.tools.redaction import generate
from pytest_todo_k8s.tools.toolchain import cache_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.application import Plain
    from pytest_todo_k8s.comparing.corpus import Corpus
    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.measurements import Walk
    from pytest_todo_k8s.plain.application import PlainBackend
    from pytest_todo_k8s.tools.redaction import Secret

DOCUMENT: Final = "/openapi.json"
PLAIN: Final = "the plain application"
CLUSTER: Final = "the application in the cluster"
_DOCUMENT_TIMEOUT_S: Final = 10.0
_SEEDS: Final = 2**32


def run(context: RunContext) -> None:
    """Fill `evidence.parity`; without plain processes in the settings there is nothing to compare with.

    Raises:
        PhaseError: One of the two applications can't be asked.
    """
    plain = context.settings.application.plain
    if plain and all(map(context.settings.application.has, sc_011_parity.SETTINGS)):
        if plain.requests == BUILT_IN:
            _compare(context)
        else:
            _compare_another(context, plain)
        found = context.evidence.parity
        if found and not found.skipped:
            seed = "" if found.seed is None else f" (seed {found.seed})"
            context.progress(f"parity: {found.requests} requests{seed}, {len(found.differences)} differences")


def _compare(context: RunContext) -> None:
    """Compare this project's own application.

    Raises:
        PhaseError: One of the two can't be asked.
    """
    if missing := _missing():
        context.evidence.parity = Parity(skipped=missing)
        return
    run_id = context.evidence.run.id
    with _plain_application(context) as (plain, page_url):
        known = _corpus(context, plain.url, run_id)
        _wait_for_cluster(context, 1)
        here, there = ask_all({PLAIN: plain.url, CLUSTER: context.deployed().backend_url}, known.requests)
        here_stored = rows.stored(plain.database_url, run_id, context.redactor, PLAIN)
        here_walked = _walk(context, page_url, "plain")
    # The refused body breaks its connection, and kubectl's port-forward with it; who comes next finds it open again.
    _wait_for_cluster(context, steady.IN_A_ROW)
    there_stored = rows.stored(_database(context), run_id, context.redactor, CLUSTER)
    there_walked = _walked_cluster(context)
    found = [*differences(known.requests, here, there), *rows.row_differences(here_stored, there_stored)]
    unwalked = here_walked.error or there_walked.error
    if not unwalked:
        found += walk_differences(here_walked, there_walked)
    context.evidence.parity = Parity(
        requests=len(known.requests),
        generated=known.generated,
        seed=known.seed,
        operations=list(known.operations),
        unasked=known.unasked,
        rows=here_stored.count,
        steps=0 if unwalked else len(here_walked.steps),
        unwalked=unwalked,
        normalised=[*RULES, rows.RULE, walks.RULE],
        differences=found,
    )


def _compare_another(context: RunContext, plain: Plain) -> None:
    """Compare another one, by the requests of its project.

    Raises:
        PhaseError: One of the two can't be asked, or the requests are none.
    """
    root, clean = context.settings.root, context.redactor.clean
    known = {key: value.reveal() for key, value in context.deployed().secrets.items()}
    asked = another.requests(root, plain.requests, f"mark-{context.evidence.run.id}")
    health = context.settings.application.backend.asked
    with another.backend(context, root, plain, health.path if health else "/", known) as port:
        _wait_for_cluster(context, 1)
        here, there = ask_all(
            {PLAIN: f"http://127.0.0.1:{port}", CLUSTER: context.deployed().backend_url}, asked, known
        )
    _wait_for_cluster(context, steady.IN_A_ROW)
    context.evidence.parity = Parity(
        built_in=False,
        requests=len(asked),
        normalised=list(RULES),
        differences=[
            each.model_copy(update={"plain": clean(each.plain), "cluster": clean(each.cluster)})
            for each in differences(asked, here, there)
        ],
    )


def _database(context: RunContext) -> Secret:
    url = context.deployed().database_url
    if url is None:
        raise PhaseError("parity", "no database of the application in the cluster is known")
    return url


def _missing() -> str | None:
    """Say what has to be installed first, if anything has."""
    if not postgres.installed():
        return postgres.REMEDY
    if not generated.installed():
        return generated.REMEDY
    return None if rows.readable() else rows.REMEDY


def _walked_cluster(context: RunContext) -> Walk:
    """Return the way that was walked in the exercise phase; where there was none, walk it now."""
    exercise = context.evidence.exercise
    return (exercise and exercise.walk) or _walk(context, context.deployed().frontend.local_url, "cluster")


def _walk(context: RunContext, url: str, where: str) -> Walk:
    account, run_id = Account.new("parity-browser", context.redactor), context.evidence.run.id
    kept = KeptTasks(f"compared task of {run_id}", f"compared chat task of {run_id}")
    return visits.walk(context, url, account, kept, where)


@contextlib.contextmanager
def _plain_application(context: RunContext) -> Iterator[tuple[PlainBackend, str]]:
    """Run the plain application for as long as the block lasts; gives its backend and the address of its pages."""
    root = context.settings.root
    node = Node.found(root / FRONTEND, context.commands, context.settings.environment)
    frontend.make(context, node)
    cache = cache_root(context.settings.environment) / "plain"
    with (
        backend_with_model(context, root, cache) as plain,
        frontend.frontend(context, node, plain.url) as page_url,
    ):
        yield plain, page_url


def _corpus(context: RunContext, url: str, run_id: str) -> Corpus:
    """Make the corpus from the API document of the plain application."""
    passwords = {user: generate(18) for user in USERS}
    for password in passwords.values():
        context.redactor.add(password)
    chosen = context.settings.seed
    return corpus(
        _document(url),
        run_id,
        {user: each.reveal() for user, each in passwords.items()},
        seed=secrets.randbelow(_SEEDS) if chosen is None else chosen,
        folder=context.state_dir / "hypothesis",
        chat=context.settings.model_key is None,
    )


def _document(url: str) -> object:
    """Read the API document.

    Raises:
        PhaseError: There is none.
    """
    with new_session() as session:
        answer = fetch(session, url + DOCUMENT, timeout_s=_DOCUMENT_TIMEOUT_S)
    try:
        return json.loads(answer.body)
    except ValueError:
        seen = answer.error or f"status {answer.status}"
        raise PhaseError(
            "parity", f"{PLAIN} has no API document at {DOCUMENT}: {seen}", "let it serve its OpenAPI document there"
        ) from None


def _wait_for_cluster(context: RunContext, in_a_row: int) -> None:
    """Wait until the port-forward leads to a ready backend, for `in_a_row` answers one after the other.

    Raises:
        PhaseError: It does not.
    """
    url, asked = context.deployed().backend_url, context.settings.application.backend.asked
    if asked and (seen := steady.wait(url + asked.path, in_a_row)):
        raise PhaseError("parity", f"the backend in the cluster can't be reached at {url}: {seen}")
