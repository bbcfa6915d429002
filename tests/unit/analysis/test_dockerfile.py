from __future__ import annotations

from pathlib import Path

import pytest

from pytest_todo_k8s.analysis import dockerfile
from pytest_todo_k8s.analysis.dockerfile import DockerfileError, parse

ROOT = Path(__file__).parents[3]
PORTS = {"backend": 8080, "frontend": 3000, "gemini-emulator": None, "postgres": None}


@pytest.mark.parametrize(("name", "port"), PORTS.items())
def test_the_committed_ones_keep_every_rule(name: str, port: int | None) -> None:
    file = parse((ROOT / "Dockerfiles" / f"{name}.Dockerfile").read_text())
    assert [result for result in dockerfile.check(file, port) if result.objection] == []
    assert dockerfile.foreign_bases(file, ()) == []


def test_stages_arguments_comments_and_continued_lines() -> None:
    file = parse(
        "# syntax=x\nARG BASE=python:3.13\nFROM --platform=linux/amd64 ${BASE} AS build\nRUN a \\\n# why\n\n  && b\n"
        "RUN <<EOF\nFROM not a stage\nEOF\nFROM build\nuser 5\n"
    )
    assert [(stage.base, stage.name) for stage in file.stages] == [("python:3.13", "build"), ("build", "")]
    assert [each.arguments for each in file.stages[0].all("RUN")] == ["a && b", "<<EOF\nFROM not a stage"]
    assert file.final.all("USER")[0].line == 12


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "no FROM"), ("RUN x\n", "before the first FROM"), ("FROM\n", "names no image"), ("{}\n", "no instruction")],
)
def test_what_is_no_dockerfile(text: str, words: str) -> None:
    with pytest.raises(DockerfileError, match=words):
        parse(text)


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("FROM python\n", "bases have a fixed tag or digest"),
        ("FROM python:latest\n", "bases have a fixed tag or digest"),
        ("FROM registry:5000/python\n", "bases have a fixed tag or digest"),
        ("FROM a:1\nENV DB_PASSWORD x\n", "no secret in ARG or ENV"),
        ("FROM a:1\nENV A=1 API_KEY='x y'\n", "no secret in ARG or ENV"),
        ("ARG TOKEN\nFROM a:1\n", "no secret in ARG or ENV"),
        ("FROM a:1\nWORKDIR app\n", "absolute working folders"),
        ("FROM a:1\nRUN wget -O- https://x | bash -s\n", "nothing piped from the network into a shell"),
    ],
)
def test_each_rule_can_fail(text: str, bad: str) -> None:
    assert bad in {result.rule for result in dockerfile.check(parse(text), None) if result.objection}


def test_what_looks_alike_is_no_secret() -> None:
    file = parse("FROM a:1\nENV MONKEY=1 KEYBOARD=2 TOKENIZERS=3\n")
    assert next(each for each in dockerfile.check(file, None) if "secret" in each.rule).ok


def test_repositories() -> None:
    assert dockerfile.repository("registry:5000/a/b:1@sha256:x") == "registry:5000/a/b"
    assert dockerfile.repository("python") == "python"
