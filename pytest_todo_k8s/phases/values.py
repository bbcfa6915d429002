"""The values that a run sets in the chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from pytest_todo_k8s.application import nested

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_todo_k8s.application import Application
    from pytest_todo_k8s.settings import Settings


def image_values(application: Application, references: Mapping[str, str]) -> dict[str, Any]:
    """Return by value path where the chart finds its images; `references` are by image name."""
    values = {}
    for name, reference in references.items():
        image = application.images[name]
        values[image.repository], _, values[image.tag] = reference.rpartition(":")
    return values


def values_files(
    settings: Settings, references: Mapping[str, str], own: Path, node_port: int | None, pull_policy: str = "Never"
) -> list[Path]:
    """Write what this run sets in the chart, and return all values files, its own last.

    Args:
        settings: Of the run.
        references: Image name (`backend`...) to reference.
        own: The file to write.
        node_port: The frontend's; None: the cluster chooses.
        pull_policy: Of all images; "Never": they are on the nodes.
    """
    application = settings.application
    values = {**application.values, **image_values(application, references)}
    if application.pull_policy:
        values[application.pull_policy] = pull_policy
    if application.frontend.node_port:
        values[application.frontend.node_port] = node_port
    if database := application.database:
        values |= database.inside if settings.database_url is None else database.outside
    if application.model and settings.model_key is not None:
        values |= application.model.outside
    own.touch(mode=0o600)
    own.write_text(yaml.safe_dump(nested(values)), encoding="utf-8")
    return [*(settings.root / file for file in application.values_files), *settings.values, own]
