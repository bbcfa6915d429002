from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.plugin.forks import Forks
from tests.plugin.project import Project, base_environment
from tests.plugin.stub_api import StubApi

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def api() -> Iterator[StubApi]:
    with StubApi() as api:
        yield api


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    with Forks(base_environment()) as forks:
        yield forks


@pytest.fixture
def project(pytester: pytest.Pytester, api: StubApi, forks: Forks) -> Iterator[Project]:
    project = Project(pytester, api, forks)
    yield project
    for pid, _ in list(project.processes()):
        os.kill(pid, signal.SIGKILL)
