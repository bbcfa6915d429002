"""The values that a run sets in the chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from pytest_todo_k8s.settings import APP_SECRET, POSTGRES_SECRET

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_todo_k8s.settings import Settings

VALUES: Final = {"gemini-emulator": "geminiEmulator"}
"""Parts of the chart's values that are not called as their image."""


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
    content: dict[str, Any] = {"existingSecret": APP_SECRET, "imagePullPolicy": pull_policy}
    for name, reference in references.items():
        repository, _, tag = reference.rpartition(":")
        content[VALUES.get(name, name)] = {"image": {"repository": repository, "tag": tag}}
    content["frontend"]["service"] = {"nodePort": node_port}
    if settings.database_url is None:
        content["postgres"]["existingSecret"] = POSTGRES_SECRET
    else:
        content["postgres"] = {"enabled": False}
    if settings.model_key is not None:
        content |= {"geminiEmulator": {"enabled": False}, "networkPolicy": {"backendHttpsEgress": True}}
    own.touch(mode=0o600)
    own.write_text(yaml.safe_dump(content), encoding="utf-8")
    return [settings.chart / "values-dev.yaml", *settings.values, own]
