from __future__ import annotations

from pathlib import Path

from pytest_todo_k8s.analysis.images import analyse
from pytest_todo_k8s.measurements import ImageContents, ImageLayer, ImagePackage
from pytest_todo_k8s.settings import ImageSource
from tests.unit.criteria.sample_run import green

ROOT = Path(__file__).parents[3]
SOURCE = ImageSource("backend", ROOT / "Dockerfiles/backend.Dockerfile", ROOT / "app/backend", judged=True)


def package(name: str, size_bytes: int, version: str | None = "1.0") -> ImagePackage:
    return ImagePackage(name=name, version=version, part="packages", size_bytes=size_bytes)


def contents(**parts: object) -> ImageContents:
    values = {
        "layers": [ImageLayer(instruction="COPY /opt/venv", size_bytes=9_000_000)],
        "parts": {"packages": 9_000_000},
        "packages": [package("cryptography", 6_000_000), package("pip", 2_000_000), package("h11", 100_000)],
        "files": [],
        "hidden_bytes": 0,
    }
    return ImageContents.model_validate(values | parts)


def test_advice_is_ranked_by_what_it_saves() -> None:
    built = green().build
    assert built is not None
    image = built.images[0].model_copy(
        update={"contents": contents(hidden_bytes=4_000_000, files=[package("srv/app.js.map", 3_000_000, None)])}
    )
    found = analyse(SOURCE, image)
    assert [each.saving_bytes for each in found.advice if each.saving_bytes] == [4000000, 3000000, 2000000]
    assert "leave out pip 1.0: it serves only to build" in [each.text for each in found.advice]
    assert found.packages[0].name == "cryptography 1.0"
    assert found.layers[0].size_bytes == 9_000_000


def test_without_an_image_the_dockerfile_alone_is_looked_at() -> None:
    found = analyse(SOURCE, None)
    assert (found.layers, found.packages, found.size_bytes) == ([], [], None)
    assert all(rule.ok for rule in found.rules)


def test_a_dockerfile_that_is_not_there(tmp_path: Path) -> None:
    found = analyse(ImageSource("backend", tmp_path / "none", tmp_path, judged=True), None)
    assert [rule.objection for rule in found.rules] == [True]
