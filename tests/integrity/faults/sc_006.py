"""An application in which a step of the user's way does not work."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tests.integrity import pods
from tests.integrity.fault import Fault

if TYPE_CHECKING:
    import contextlib

    from tests.integrity.world import Trial


def through(trial: Trial, **told: Any) -> contextlib.AbstractContextManager[None]:
    return pods.relayed(trial, "backend", **told)


def fault(name: str, cause: str, **told: Any) -> Fault:
    return Fault("SC-006", name, cause, ("exercise",), partial(through, **told))


FAULTS = (
    fault("toggle that changes nothing", r"step 'toggle' failed", ask=[[r"^PATCH (\S+)/toggle HTTP", r"GET \1 HTTP"]]),
    fault(
        "delete that deletes nothing", r"step 'delete' failed", ask=[[r"^DELETE (/api/tasks/\S+) HTTP", r"GET \1 HTTP"]]
    ),
    fault("a second user who sees the first one's tasks", r"step 'second user' failed", share=True),
)
