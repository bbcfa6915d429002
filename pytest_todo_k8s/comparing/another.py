"""Another application beside its own backend as a plain process: the requests are its project's (SC-011)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s import project_function
from pytest_todo_k8s.comparing.request import Request
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.plain.server import Server, answers, serving

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pytest_todo_k8s.application import Plain
    from pytest_todo_k8s.plain.host import Host


def backend(host: Host, root: Path, plain: Plain, path: str, secrets: Mapping[str, str]) -> AbstractContextManager[int]:
    """Run the backend for as long as the block lasts, and give its port.

    Args:
        host: Who runs it.
        root: The project's folder, where it is started.
        plain: How.
        path: Answers 200 when it serves.
        secrets: Variables besides: what it gets from Secrets in the cluster.

    Raises:
        PlainError: It can't be started, or does not serve in time.
    """

    def argv(_port: int) -> list[str | os.PathLike[str]]:
        return list(plain.command)

    def environment(port: int) -> dict[str, str]:
        return {**plain.environment, **secrets, plain.port: str(port)}

    return serving(host, Server("the plain backend", argv, root, answers(path), environment))


def requests(root: Path, name: str, mark: str) -> tuple[Request, ...]:
    """Call the project's function and return the requests that it gives.

    Args:
        root: The project's folder.
        name: The function, `module:function`.
        mark: A text of this run alone, for what the requests make and ask for.

    Raises:
        PhaseError: It failed, or gives something else.
    """
    with project_function.importable(root):
        try:
            return tuple(_checked(project_function.load(root, name)(mark)))
        except project_function.THROUGH:
            raise
        except BaseException as problem:
            cause = f"{name} gives no requests: {project_function.told(problem)}"
            raise PhaseError("parity", cause, "let it give `pytest_todo_k8s.comparing.request.Request`s") from problem


def _checked(given: object) -> Iterator[Request]:
    names = set()
    for each in given:  # type: ignore[attr-defined]  # what is not iterable is told as any other mistake
        if not isinstance(each, Request):
            raise TypeError(f"{each!r} is no Request")
        if each.name in names:
            raise ValueError(f"two requests are called {each.name!r}")
        names.add(each.name)
        yield each
    if not names:
        raise ValueError("there is none")
