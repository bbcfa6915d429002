"""Compares the application in the cluster with the same application as plain processes on this machine (SC-011)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.comparing.answers import ask, differences
from pytest_todo_k8s.comparing.corpus import corpus
from pytest_todo_k8s.comparing.normalise import RULES
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.evidence import Parity
from pytest_todo_k8s.measuring.fetch import fetch, new_session
from pytest_todo_k8s.plain import postgres
from pytest_todo_k8s.plain.application import backend_with_model
from pytest_todo_k8s.tools.redaction import generate
from pytest_todo_k8s.tools.toolchain import cache_root

if TYPE_CHECKING:
    from pytest_todo_k8s.context import RunContext

_FORWARD_TIMEOUT_S: Final = 30.0
_POLL_S: Final = 0.3
_STEADY: Final = 6
"""Good answers in a row after which the port-forward is known to stay: one that breaks ends within a second."""
_OK: Final = 200


def run(context: RunContext) -> None:
    """Fill `evidence.parity`.

    Raises:
        PhaseError: One of the two applications can't be asked.
    """
    if not postgres.installed():
        context.evidence.parity = Parity(skipped=postgres.REMEDY)
        return
    passwords = {user: generate(18) for user in ("ann", "bob")}
    for password in passwords.values():
        context.redactor.add(password)
    known = {user: each.reveal() for user, each in passwords.items()}
    requests = corpus(context.evidence.run.id, known, chat=context.settings.model_key is None)
    cache = cache_root(context.settings.environment) / "plain"
    with backend_with_model(context, context.settings.root, cache) as url:
        plain = ask(url, requests, "the plain application")
    cluster_url = context.deployed().backend_url
    _wait_for_cluster(cluster_url)
    cluster = ask(cluster_url, requests, "the application in the cluster")
    # The refused body breaks its connection, and kubectl's port-forward with it; who comes next finds it open again.
    _wait_for_cluster(cluster_url, in_a_row=_STEADY)
    context.evidence.parity = Parity(
        requests=len(requests), normalised=list(RULES), differences=differences(requests, plain, cluster)
    )
    context.progress(f"parity: {len(requests)} requests, {len(context.evidence.parity.differences)} differences")


def _wait_for_cluster(url: str, in_a_row: int = 1) -> None:
    """Wait until the port-forward leads to a ready backend, for `in_a_row` answers one after the other.

    Raises:
        PhaseError: It does not.
    """
    deadline, good = time.monotonic() + _FORWARD_TIMEOUT_S, 0
    while True:
        with new_session() as session:
            answer = fetch(session, f"{url}/ready", timeout_s=5.0)
        good = good + 1 if answer.status == _OK else 0
        if good == in_a_row:
            return
        if time.monotonic() > deadline:
            seen = answer.error or f"status {answer.status}"
            raise PhaseError("parity", f"the backend in the cluster can't be reached at {url}: {seen}")
        time.sleep(_POLL_S)
