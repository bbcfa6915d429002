from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.scan.findings import Finding, acceptances, complaints
from tests.scan.scanners import checkov, dockerfiles, hadolint

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION = dockerfiles(["Dockerfiles"])
ALL = dockerfiles(["Dockerfiles", "pytest_todo_k8s/bootstrap/data"])
CARELESS = "FROM python\nADD . /srv\nRUN pip install fastapi\nCMD python -m app\n"


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everyday mistakes, scanned beside the real files: a scanner that is silent about them is broken."""
    file = tmp_path_factory.mktemp("careless") / "Dockerfile"
    file.write_text(CARELESS, encoding="utf-8")
    return file


def split(findings: list[Finding], careless: Path) -> tuple[list[Finding], set[str]]:
    """Return the findings in our files, and the rules that the careless one broke."""
    ours = [each for each in findings if each.place != str(careless)]
    return ours, {each.rule for each in findings if each.place == str(careless)}


def test_hadolint_finds_nothing_else(careless: Path) -> None:
    ours, control = split(hadolint([*ALL, careless]), careless)
    assert control >= {"DL3006", "DL3020", "DL3013", "DL3025"}
    assert complaints("hadolint", ours, acceptances()) == []


def test_checkov_finds_nothing_else_in_the_application(careless: Path) -> None:
    ours, control = split(checkov("dockerfile", [*APPLICATION, careless]), careless)
    assert control >= {"CKV_DOCKER_2", "CKV_DOCKER_3", "CKV_DOCKER_4", "CKV_DOCKER_7"}
    assert complaints("checkov dockerfile", ours, acceptances()) == []


@pytest.mark.parametrize("file", APPLICATION, ids=lambda file: file.name)
def test_every_base_is_an_argument_with_an_exact_tag(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    head = text.partition("\nFROM ")[0]
    defaults = dict(re.findall(r"^ARG (\w+)=(\S+)$", head, re.MULTILINE))
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    stages = {"scratch", *re.findall(r"^FROM \S+ AS (\S+)$", text, re.MULTILINE)}
    assert {f"${{{name}}}" for name in defaults} == set(bases) - stages
    for image in defaults.values():
        assert re.fullmatch(r"[a-z0-9./-]+:[a-z0-9.-]*\d[a-z0-9.-]*(@sha256:[0-9a-f]{64})?|debian:trixie-\S+", image)
