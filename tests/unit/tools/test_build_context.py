from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.settings import ImageSource
from pytest_todo_k8s.tools import build_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOCKERFILE = """\
# The backend.
ARG PYTHON_BUILD=python:3.13-slim-trixie
ARG NODE_BUILD=node:24-trixie-slim
ARG OTHER=1
FROM ${PYTHON_BUILD} AS build
ARG DEBIAN=debian:trixie-slim
"""


@pytest.fixture
def source(tmp_path: Path) -> ImageSource:
    dockerfile = tmp_path / "backend.Dockerfile"
    dockerfile.write_text(DOCKERFILE, encoding="utf-8")
    dockerfile.with_name("backend.Dockerfile.dockerignore").write_text(
        "*\n# no more\n!app\n\n**/__pycache__\n", encoding="utf-8"
    )
    context = tmp_path / "context"
    (context / "app/__pycache__").mkdir(parents=True)
    (context / "app/main.py").write_text("print()", encoding="utf-8")
    (context / "app/link").symlink_to("main.py")
    (context / "notes.txt").write_text("not sent", encoding="utf-8")
    return ImageSource("backend", dockerfile, context, judged=True)


def test_bases_are_the_arguments_before_the_first_from(source: ImageSource) -> None:
    assert build_context.base_images(source, {"PYTHON_BUILD": "local:1", "DEBIAN": "d"}) == {
        "PYTHON_BUILD": "local:1",
        "NODE_BUILD": "node:24-trixie-slim",
    }


def test_the_date_of_all_files_is_the_dockerfiles(source: ImageSource) -> None:
    assert build_context.source_date(source) == {}
    source.dockerfile.write_text(f"{DOCKERFILE}ARG SOURCE_DATE_EPOCH=1767225600\n", encoding="utf-8")
    assert build_context.source_date(source) == {"SOURCE_DATE_EPOCH": "1767225600"}


def test_the_tag_is_short_and_the_same_for_the_same_inputs(source: ImageSource) -> None:
    tag = build_context.tag(source, {"A": "1"})
    assert len(tag) == build_context.TAG_LENGTH
    assert tag == build_context.tag(source, {"A": "1"})


def test_the_tag_follows_the_bases(source: ImageSource) -> None:
    assert build_context.tag(source, {"A": "1"}) != build_context.tag(source, {"A": "2"})


@pytest.mark.parametrize(
    ("change", "matters"),
    [
        (lambda context: (context / "app/main.py").write_text("print(1)"), True),
        (lambda context: (context / "app/main.py").chmod(0o755), True),
        (lambda context: (context / "app/main.py").rename(context / "app/other.py"), True),
        (lambda context: (context / "app/new.py").touch(), True),
        (lambda context: ((context / "app/link").unlink(), (context / "app/link").symlink_to("/else")), True),
        (lambda context: (context.parent / "backend.Dockerfile").write_text("FROM scratch"), True),
        (lambda context: (context / "notes.txt").write_text("other"), False),
        (lambda context: (context / "app/__pycache__/main.pyc").write_text("x"), False),
        (lambda context: (context / "app/main.py").touch(), False),
    ],
)
def test_the_tag_follows_what_is_sent(source: ImageSource, change: Callable[[Path], object], matters: bool) -> None:
    before = build_context.tag(source, {})
    change(source.context)
    assert (build_context.tag(source, {}) != before) is matters


def test_without_an_ignore_file_everything_is_sent(source: ImageSource) -> None:
    source.dockerfile.with_name("backend.Dockerfile.dockerignore").unlink()
    before = build_context.tag(source, {})
    (source.context / "notes.txt").write_text("other", encoding="utf-8")
    assert build_context.tag(source, {}) != before


def test_what_is_missing_is_named(source: ImageSource) -> None:
    build_context.check(source)
    with pytest.raises(ConfigError, match=r"build context .* is missing"):
        build_context.check(ImageSource("x", source.dockerfile, source.context / "gone", judged=True))
    with pytest.raises(ConfigError, match=r"Dockerfile .*gone is missing"):
        build_context.check(ImageSource("x", source.context / "gone", source.context, judged=True))


def test_bases_that_no_argument_names_are_fetched_before_the_build_too(source: ImageSource) -> None:
    source.dockerfile.write_text(
        "ARG PYTHON_BUILD=python:3.13\nARG VERSION=24\nFROM ${PYTHON_BUILD} AS one\nFROM node:${VERSION} AS two\n"
        "FROM one AS three\nFROM ${UNKNOWN}\nFROM scratch\nCOPY --from=two /x /\n"
    )
    assert build_context.other_bases(source) == ["node:24"]
    source.dockerfile.write_text("RUN before any FROM\n")
    assert build_context.other_bases(source) == []
