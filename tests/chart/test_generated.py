"""Files made from others are as they would be made now; `tox -e chart -- --regenerate` makes them anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from tests.chart.conftest import FILES, FOLDER
from tests.chart.readme import UndocumentedValueError, rows, with_values

if TYPE_CHECKING:
    from tests.chart.conftest import Renderer

GOLDEN: Final = Path(__file__).with_name("golden")
EVERYTHING: Final[dict[str, Any]] = {
    "registry": "registry.example.org:5000/team",
    "imagePullPolicy": "IfNotPresent",
    "imagePullSecrets": ["registry-login"],
    "backend": {"autoscaling": {"enabled": True}},
    "frontend": {"autoscaling": {"enabled": True, "minReplicas": 3}, "service": {"type": "ClusterIP"}},
    "ingress": {
        "enabled": True,
        "className": "nginx",
        "host": "todo.example.org",
        "tlsSecret": "todo-tls",
        "annotations": {"cert-manager.io/cluster-issuer": "example"},
    },
    "postgres": {"storage": {"className": "fast", "onUninstall": "Retain"}},
}
"""All that is off by default, beside values-dev.yaml."""
RENDERINGS: Final[dict[str, tuple[tuple[str, ...], dict[str, Any]]]] = {
    **{name: (files, {}) for name, files in FILES.items()},
    "everything": (FILES["values-dev"], EVERYTHING),
}


def _check(file: Path, wanted: str, config: pytest.Config) -> None:
    if config.getoption("--regenerate"):
        file.write_text(wanted, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == wanted, f"{file.name} is stale: run tox -e chart -- --regenerate"


def test_readme_lists_the_values(pytestconfig: pytest.Config) -> None:
    file = FOLDER / "README.md"
    values = (FOLDER / "values.yaml").read_text(encoding="utf-8")
    _check(file, with_values(file.read_text(encoding="utf-8"), values), pytestconfig)


@pytest.mark.parametrize("name", RENDERINGS)
def test_rendering_is_the_golden_one(either_helm: Renderer, name: str, pytestconfig: pytest.Config) -> None:
    """Both Helms render the same."""
    files, values = RENDERINGS[name]
    manifests = sorted(
        either_helm.render(*files, values=values), key=lambda each: (each["kind"], each["metadata"]["name"])
    )
    header = f"# Made by tox -e chart -- --regenerate: the chart with {name}.\n"
    _check(GOLDEN / f"{name}.yaml", header + yaml.safe_dump_all(manifests, sort_keys=False, width=140), pytestconfig)


def test_every_golden_file_is_of_a_rendering() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(RENDERINGS)


def test_a_stale_file_fails(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--regenerate"):
        pytest.skip("everything is written anew")
    stale = tmp_path / "stale.md"
    stale.write_text("old", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"stale\.md is stale: run tox -e chart"):
        _check(stale, "new", pytestconfig)


def test_a_value_without_a_comment_is_named_with_its_line() -> None:
    with pytest.raises(UndocumentedValueError, match=r"values\.yaml line 4: a\.c has no comment above it"):
        rows("a:\n  # Meaning.\n  b: 1\n  c: 2\n")


def test_a_comment_of_several_lines_is_one_meaning_and_a_map_of_variables_one_value() -> None:
    (row,) = rows("# Not this.\n\na:\n  # First | and\n  # second.\n  env: {X: '1'}\n")
    assert (row.path, row.default, row.meaning) == ("a.env", '{"X": "1"}', r"First \| and second.")
