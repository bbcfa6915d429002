"""SC-002: how large the two images are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.application import BACKEND, FRONTEND, MODEL
from pytest_todo_k8s.criteria.criterion import Aspect, Criterion, Finding, limit_of, under, void
from pytest_todo_k8s.criteria.figures import MEGABYTE

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence

LIMITS_MB: Final = {FRONTEND: 500.0, BACKEND: 300.0}
BUDGETS_MB: Final = {FRONTEND: 170.0, BACKEND: 100.0, MODEL: 100.0}
"""What this project asks of its own images: tests/engine fails over it, the criterion does not."""
AGREEMENT: Final = 0.02
"""Share by which the size and the sum of the image's history may differ."""


def _size(name: str, evidence: Evidence) -> Finding:
    images = evidence.build.images if evidence.build else []
    image = next((image for image in images if image.name == name), None)
    if image is None:
        raise void(f"the {name} image was not measured")
    if image.size_bytes is None or image.history_bytes is None:
        raise void(f"the size of the {name} image could not be read")
    if abs(image.size_bytes - image.history_bytes) > AGREEMENT * image.size_bytes:
        raise void(
            f"the size of the {name} image is in doubt: {image.size_bytes} bytes, but its layers add up to "
            f"{image.history_bytes}"
        )
    limit_mb = limit_of(evidence, f"SC-002-{name}", LIMITS_MB[name])
    return under(image.size_bytes / MEGABYTE, limit_mb, "MB", f"{name} image, unpacked")


CRITERION: Final = Criterion(
    id="SC-002",
    title="frontend image < 500 MB, backend image < 300 MB",
    promise="Container images optimized to under 500MB (frontend) and 300MB (backend)",
    method=(
        "Unpacked bytes of the image for this platform in decimal megabytes, read by image id and cross-checked with "
        "the sum of its history within 2 %"
    ),
    aspects=tuple(
        Aspect(name, "MB", limit, ("build",), partial(_size, name), settings=(f"{name}.image",))
        for name, limit in LIMITS_MB.items()
    ),
)
