"""Pages that are slow, wrong, or not there."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.integrity import pods
from tests.integrity.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integrity.world import Trial


def through(trial: Trial, **told: Any) -> contextlib.AbstractContextManager[None]:
    return pods.relayed(trial, "frontend", **told)


@contextlib.contextmanager
def unreachable(trial: Trial) -> Iterator[None]:
    with pods.selecting(trial, "frontend", "nobody", "http"):
        yield


def fault(name: str, cause: str, seed: Any) -> Fault:
    return Fault("SC-004", name, cause, ("measure",), seed, only=("SC-004",))


FAULTS = (
    fault(
        "a page that takes 3.2 s",
        r"of \d+ requests failed or took 3 s or more",
        partial(through, delay=[r"^GET / HTTP", 3.2, 1]),
    ),
    fault(
        "another page with status 200",
        r"no element",
        partial(through, ask=[[r"^GET / HTTP", "GET /login HTTP"]]),
    ),
    fault(
        "a style sheet that is missing",
        r"asset .* failed: status 404",
        partial(through, ask=[[r"^GET /_next/static/\S+\.css", "GET /_next/static/gone.css"]]),
    ),
    fault("a NodePort that leads nowhere", r"does not answer", unreachable),
)
