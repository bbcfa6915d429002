"""Tools that wait for a person: a wrapper asks, finds standard input closed, and goes on."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from tests.integrity.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integrity.world import Trial

ASKS = """"$REAL" "$@"
status=$?
case "$1" in {command}) echo '{question}' >&2; read -r answer;; esac
exit $status"""


@contextlib.contextmanager
def asking(tool: str, command: str, question: str, build: bool, trial: Trial) -> Iterator[None]:
    trial.tool(tool, ASKS.format(command=command, question=question))
    if build:
        trial.copy()
    yield


FAULTS = (
    Fault(
        "SC-010",
        "minikube asks whether to go on",
        r"Do you want to continue\?",
        ("preflight",),
        partial(asking, "minikube", "status", "Do you want to continue? [y/N]", False),
    ),
    Fault(
        "SC-010",
        "docker asks for a password",
        r"Password",
        ("build",),
        partial(asking, "docker", "build|buildx", "Password for the registry:", True),
    ),
    Fault(
        "SC-010",
        "docker wants a key to be pressed",
        r"Press any key",
        ("build",),
        partial(asking, "docker", "context|version", "Press any key to continue", True),
    ),
)
