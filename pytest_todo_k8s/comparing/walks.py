"""Compares the user's way in a browser through the plain application with the one through the cluster."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.measurements import Difference

if TYPE_CHECKING:
    from pytest_todo_k8s.measurements import Walk

RULE: Final = "a browser: addresses of the frontends are left out of what its steps and its console say"
_ADDRESS: Final = re.compile(r"https?://[^/\s]+")


def walk_differences(plain: Walk, cluster: Walk) -> list[Difference]:
    """Return what the two ways do not have in common: results of steps, and complaints of console and server."""
    here, there = _results(plain), _results(cluster)
    found = [
        Difference(request=f"browser: {name}", where="step", plain=here.get(name, "-"), cluster=there.get(name, "-"))
        for name in dict.fromkeys([*here, *there])
        if here.get(name) != there.get(name)
    ]
    complaints = ["; ".join(map(_without_address, sorted(set(walk.problems)))) or "none" for walk in (plain, cluster)]
    if complaints[0] != complaints[1]:
        found.append(Difference(request="browser", where="complaints", plain=complaints[0], cluster=complaints[1]))
    return found


def _results(walk: Walk) -> dict[str, str]:
    return {step.name: "done" if step.ok else _without_address(step.detail) for step in walk.steps}


def _without_address(text: str) -> str:
    return _ADDRESS.sub("", text)
