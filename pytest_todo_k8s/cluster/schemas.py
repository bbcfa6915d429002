"""Validates manifests against the schemas of a Kubernetes version, offline and strictly: unknown fields are refused."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster.objects import title
from pytest_todo_k8s.measurements import Check

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAME: Final = "offline schema"
"""First words of the checks' names."""
REMEDY: Final = "kubernetes-validate is not installed: run `pip install pytest-todo-k8s[acceptance]`"
_SHOWN: Final = 300


def available() -> bool:
    """Tell whether the schemas are there."""
    return importlib.util.find_spec("kubernetes_validate") is not None


def check(manifests: Iterable[Mapping[str, Any]], kubernetes: str) -> list[Check]:
    """Check each manifest by the newest schemas that are not newer than a version such as `v1.34.4`.

    A kind that has no schema (a custom resource) can't be checked here; the server's own dry run knows it.
    """
    import kubernetes_validate as validator  # noqa: PLC0415  an optional dependency

    checks = []
    for manifest in manifests:
        name = f"{NAME}: {title(manifest)}"
        try:
            version = validator.validate(
                dict(manifest), min(kubernetes.removeprefix("v"), validator.latest_version(), key=_key), strict=True
            )
            checks.append(Check(name=name, ok=True, detail=f"Kubernetes {version}"))
        except validator.ValidationError as error:
            where = ".".join(map(str, error.absolute_path))
            checks.append(Check(name=name, ok=False, detail=f"{where}: {error.message}"[:_SHOWN]))
        except validator.SchemaNotFoundError:
            checks.append(Check(name=name, ok=True, detail="no schema of that kind: left to the server"))
    return checks


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])
