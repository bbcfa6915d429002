"""What the builder is really sent: the folder of each context, with planted files that must stay out of it."""

from __future__ import annotations

import shutil
import tarfile
from typing import TYPE_CHECKING, Final

import pytest

from pytest_todo_k8s.settings import ImageSource
from pytest_todo_k8s.tools import build_context
from tests.engine.conftest import CONTEXTS, source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Docker

PLANTED: Final = (
    ".env",
    ".env.local",
    ".git/config",
    "node_modules/left-pad/index.js",
    ".next/cache/x",
    ".venv/bin/python",
    "__pycache__/a.pyc",
    "app/__pycache__/a.pyc",
    "gemini_emulator/__pycache__/a.pyc",
    "id_rsa",
    "tests/test_x.py",
    "notes.txt",
)
LISTING: Final = "FROM scratch\nCOPY . /\n"


@pytest.mark.parametrize("name", CONTEXTS)
def test_nothing_planted_is_sent_to_the_builder(docker: Docker, name: str, tmp_path: Path) -> None:
    image = source(name)
    context = tmp_path / "context"
    shutil.copytree(image.context, context, ignore=shutil.ignore_patterns("node_modules", ".next", "__pycache__"))
    for path in PLANTED:
        (context / path).parent.mkdir(parents=True, exist_ok=True)
        (context / path).write_text("planted", encoding="utf-8")
    dockerfile = tmp_path / image.dockerfile.name
    dockerfile.write_text(LISTING, encoding="utf-8")
    ignore = f"{image.dockerfile.name}.dockerignore"
    shutil.copy(image.dockerfile.with_name(ignore), tmp_path / ignore)
    listing = tmp_path / "sent.tar"
    docker.commands.run(
        [*docker.engine.builder[:2], f"--output=type=tar,dest={listing}", f"--file={dockerfile}", context],
        timeout_s=120,
        env={"DOCKER_BUILDKIT": "1"},
    )
    with tarfile.open(listing) as archive:
        sent = {member.name for member in archive if not member.isdir()}
        contents = {archive.extractfile(member).read() for member in archive if member.isreg()}  # type: ignore[union-attr]
    assert sent
    assert not sent & set(PLANTED)
    assert b"planted" not in contents
    # The tag of an image is a hash of just these files.
    copy = ImageSource(name, dockerfile, context, judged=True)
    assert sent == {path.relative_to(context).as_posix() for path in build_context.files(copy)}
