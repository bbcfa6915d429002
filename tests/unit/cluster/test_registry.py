from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.cluster.registry import Registry
from pytest_todo_k8s.errors import PhaseError
from tests.unit.cluster.stubs import Stubs, cases, prints

if TYPE_CHECKING:
    from pathlib import Path

REFERENCE = "todo-backend:abc"
MANIFEST = json.dumps({"schemaVersion": 2, "config": {"digest": "sha256:c"}})
INDEX = json.dumps({"schemaVersion": 2, "manifests": [{"digest": "sha256:m"}]})
INSECURE = json.dumps({"docker.io": {"Secure": True}, "registry.lan:5000": {"Secure": False}})


def registry(stubs: Stubs, place: str, inspect: str = prints(MANIFEST)) -> Registry:
    stubs.add(
        "docker",
        cases(
            ("'tag '* | 'image rm '*", ":"),
            ("'push '*'refused'*", "echo 'denied: requested access to the resource is denied' >&2; exit 1"),
            ("'push '*", ":"),
            ("'info '*", prints(INSECURE)),
            ("'manifest inspect '*'@sha256:m'", prints(MANIFEST)),
            ("'manifest inspect '*", inspect),
        ),
    )
    return Registry(place, stubs.folder / "docker", stubs.commands())


@pytest.fixture
def stubs(tmp_path: Path) -> Stubs:
    return Stubs(tmp_path)


def test_the_engine_has_the_second_name_only_while_it_pushes(stubs: Stubs) -> None:
    place = registry(stubs, "registry.example/team")
    place.push(REFERENCE)
    remote = "registry.example/team/todo-backend:abc"
    assert place.name(REFERENCE) == remote
    assert stubs.calls("docker") == [f"tag {REFERENCE} {remote}", f"push {remote}", f"image rm {remote}"]


def test_a_push_that_is_refused_is_told_with_what_to_do(stubs: Stubs) -> None:
    with pytest.raises(PhaseError, match="requested access to the resource is denied") as caught:
        registry(stubs, "refused.example/team").push(REFERENCE)
    assert "`docker login refused.example`" in caught.value.hint
    assert stubs.calls("docker")[-1] == "image rm refused.example/team/todo-backend:abc"


@pytest.mark.parametrize("answer", [MANIFEST, INDEX], ids=["manifest", "index"])
def test_the_registry_tells_the_id_of_the_configuration(stubs: Stubs, answer: str) -> None:
    assert registry(stubs, "registry.example", prints(answer)).configuration_id(REFERENCE) == "sha256:c"


@pytest.mark.parametrize("said", ["no such manifest: x", "manifest unknown", "404 Not Found"])
def test_an_image_that_is_not_there(stubs: Stubs, said: str) -> None:
    assert registry(stubs, "registry.example", f"echo '{said}' >&2; exit 1").configuration_id(REFERENCE) is None


def test_a_registry_that_does_not_tell(stubs: Stubs) -> None:
    with pytest.raises(PhaseError, match=r"does not tell of .*: connection refused"):
        registry(stubs, "registry.example", "echo 'connection refused' >&2; exit 1").configuration_id(REFERENCE)


@pytest.mark.parametrize(
    ("place", "plain"),
    [
        ("127.0.0.1:5000/x", True),
        ("localhost:5000", True),
        ("[::1]:5000/x", True),
        ("registry.lan:5000/x", True),
        ("registry.example/x", False),
        ("10.0.0.1:5000", False),
    ],
)
def test_plain_http_where_the_engine_speaks_it(stubs: Stubs, place: str, plain: bool) -> None:
    registry(stubs, place).configuration_id(REFERENCE)
    asked = next(call for call in stubs.calls("docker") if call.startswith("manifest"))
    assert ("--insecure" in asked) is plain
