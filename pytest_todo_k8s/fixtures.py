"""Fixtures for tests against the deployment, and the rows of the eleven criteria.

All of them only read: what the controller deployed and measured before the first test began.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_todo_k8s.options import cluster_wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_todo_k8s.evidence import CriterionResult, Evidence, Machine, Part
    from pytest_todo_k8s.inspection import NodeContainer
    from pytest_todo_k8s.measurements import Deploy, ImageBuild
    from pytest_todo_k8s.state import RunState

STATE_FOLDER: Final = pytest.StashKey[str]()
"""Where the controller keeps the run's folder for tests in its own process; a worker gets it as `todo_state`."""
SKIPPED: Final = "needs --todo-cluster"
_API_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class TodoCluster:
    """The cluster of the deployment.

    Attributes:
        machine: What it is: versions, node, CPUs, memory.
        namespace: The run's namespace.
        context: Name of the context in `kubeconfig`.
        kubeconfig: Path of the run's private kubeconfig, for tools that want one (testinfra, kubectl).
    """

    machine: Machine
    namespace: str
    context: str
    kubeconfig: Path


def needs_deployment(items: Iterable[pytest.Item]) -> bool:
    """Whether any test asks for one of the fixtures here: all of them stand on `todo_state`."""
    return any("todo_state" in getattr(item, "fixturenames", ()) for item in items)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one row of each part of each criterion for a test that asks for `todo_part`."""
    if "todo_part" in metafunc.fixturenames and cluster_wanted(metafunc.config):
        from pytest_todo_k8s.criteria import CRITERIA  # noqa: PLC0415  only where a cluster was named
        from pytest_todo_k8s.criteria.criterion import row_name  # noqa: PLC0415  likewise

        parts = [(criterion.id, part) for criterion in CRITERIA for part in criterion.parts]
        metafunc.parametrize("todo_part", parts, ids=[row_name(*part) for part in parts], indirect=True)


@contextlib.contextmanager
def _one_line() -> Iterator[None]:
    """Turn what can't be read into an error of one line."""
    from pytest_todo_k8s.errors import TodoK8sError  # noqa: PLC0415  only where a cluster was named
    from pytest_todo_k8s.evidence import Verdict  # noqa: PLC0415  likewise
    from pytest_todo_k8s.verdicts import enforce  # noqa: PLC0415  likewise

    try:
        yield
    except TodoK8sError as error:
        enforce(Verdict.INCOMPLETE, str(error))


@pytest.fixture(scope="session")
def todo_state(pytestconfig: pytest.Config) -> RunState:
    """What the controller told of the run; skips where no cluster was named."""
    folder = getattr(pytestconfig, "workerinput", {}).get("todo_state") or pytestconfig.stash.get(STATE_FOLDER, None)
    if not folder:
        pytest.skip(SKIPPED)
    from pytest_todo_k8s.state import RunState  # noqa: PLC0415  only where a cluster was named

    with _one_line():
        return RunState.load(Path(folder))


@pytest.fixture(scope="session")
def todo_evidence(todo_state: RunState) -> Evidence:
    """Everything that was measured, also where a phase failed."""
    from pytest_todo_k8s.evidence import Evidence  # noqa: PLC0415  only where a cluster was named

    with _one_line():
        return Evidence.load(Path(todo_state.evidence))


@pytest.fixture(scope="session")
def todo_results(todo_evidence: Evidence) -> Mapping[str, CriterionResult]:
    """The verdict on each criterion, by its id."""
    from pytest_todo_k8s.criteria import judge  # noqa: PLC0415  only where a cluster was named

    return {result.id: result for result in judge(todo_evidence)}


@pytest.fixture
def todo_part(request: pytest.FixtureRequest, todo_results: Mapping[str, CriterionResult]) -> Part:
    """One part of one criterion with its verdict: PASS, BORDERLINE or FAIL.

    Any other verdict ends the row here: BLOCKED, INCOMPLETE and CRASHED as an error, NOT RUN as a skip.
    """
    from pytest_todo_k8s.verdicts import JUDGED, enforce  # noqa: PLC0415  only where a cluster was named

    criterion, name = request.param
    part = next(part for part in todo_results[criterion].parts if part.name == name)
    for key, value in _properties(part).items():
        request.node.user_properties.append((key, value))
    if part.verdict not in JUDGED:
        enforce(part.verdict, part.reason)
    return part


def _properties(part: Part) -> dict[str, str | float]:
    """What the JUnit file shows of a row; plain values, for they leave a worker."""
    figures = {"todo_measured": part.measured, "todo_limit": part.limit}
    shown: dict[str, str | float] = {"todo_unit": str(part.unit)}
    return shown | {name: float(value) for name, value in figures.items() if value is not None}


@pytest.fixture(scope="session")
def todo_deployed(todo_state: RunState) -> RunState:
    """The state of a run whose deployment is there; a run that was blocked is an error of one line.

    Skips where nothing was to be deployed.
    """
    if todo_state.absent is not None:
        pytest.skip(todo_state.absent)
    if todo_state.blocked is not None:
        from pytest_todo_k8s.evidence import Verdict  # noqa: PLC0415  only where a cluster was named
        from pytest_todo_k8s.verdicts import enforce  # noqa: PLC0415  likewise

        enforce(Verdict.BLOCKED, todo_state.blocked)
    return todo_state


@pytest.fixture(scope="session")
def todo_cluster(todo_deployed: RunState, todo_evidence: Evidence) -> TodoCluster:
    """The cluster that was deployed to."""
    machine = todo_evidence.machine
    assert machine is not None, "preflight describes the cluster, and nothing is deployed without it"  # noqa: S101
    return TodoCluster(machine, todo_deployed.namespace, todo_deployed.context, Path(todo_deployed.kubeconfig))


@pytest.fixture(scope="session")
def todo_images(todo_deployed: RunState, todo_evidence: Evidence) -> Mapping[str, ImageBuild]:
    """The built images by name: `backend`, `frontend`; `postgres`, `gemini-emulator` where they run in the cluster."""
    built = todo_evidence.build.images if todo_evidence.build else []
    return {image.name: image for image in built if image.name in todo_deployed.images}


@pytest.fixture(scope="session")
def todo_deployment(todo_deployed: RunState, todo_evidence: Evidence) -> Deploy:  # noqa: ARG001  blocked runs end there
    """What was deployed: release, revision, namespace UID, pods."""
    deploy = todo_evidence.deploy
    assert deploy is not None, "a run that isn't blocked has deployed"  # noqa: S101
    return deploy


@pytest.fixture(scope="session")
def todo_frontend_url(todo_deployed: RunState) -> str:
    """URL of the frontend, reachable from this machine, without a slash at its end."""
    return todo_deployed.frontend_url


@pytest.fixture(scope="session")
def todo_backend_url(todo_deployed: RunState) -> str:
    """URL of the backend, reachable from this machine, without a slash at its end.

    Skips where the application's settings name no Service of the backend.
    """
    if not todo_deployed.backend_url:
        pytest.skip("set tool.todo-k8s.backend.service and tool.todo-k8s.backend.port")
    return todo_deployed.backend_url


@pytest.fixture(scope="session")
def todo_kube(todo_deployed: RunState) -> Iterator[Any]:
    """A `kubernetes.client.ApiClient` of the run's cluster that reads only: anything else raises PermissionError."""
    from pytest_todo_k8s.reading import reading_client  # noqa: PLC0415  heavy

    with reading_client(Path(todo_deployed.kubeconfig), todo_deployed.context) as client:
        yield client


@pytest.fixture(scope="session")
def todo_node(todo_deployed: RunState) -> Iterator[Any]:
    """The node of the deployment as a pytest-testinfra host: its commands run there as root, over SSH.

    Skips where the cluster gives no way to its node, or where paramiko is not installed.
    """
    if not todo_deployed.ssh_config:
        pytest.skip("this cluster gives no way to its node")
    pytest.importorskip("paramiko", reason="run `pip install pytest-todo-k8s[acceptance]`")
    import testinfra  # noqa: PLC0415  only where a test wants it

    host = testinfra.get_host("paramiko://node", ssh_config=todo_deployed.ssh_config, sudo=True)
    yield host
    host.backend.client.close()


@pytest.fixture(scope="session")
def todo_containers(todo_node: Any, todo_kube: Any, todo_deployed: RunState) -> list[NodeContainer]:
    """The running containers of the deployment, seen from the node: their files, mounts, sockets and rights."""
    from kubernetes.client import CoreV1Api  # noqa: PLC0415  heavy

    from pytest_todo_k8s.inspection import containers  # noqa: PLC0415  only where a test wants it

    api: Any = CoreV1Api(todo_kube)  # its answers have another type where they are not read
    answer = api.list_namespaced_pod(todo_deployed.namespace, _preload_content=False, _request_timeout=_API_TIMEOUT_S)
    return containers(todo_node, json.loads(answer.data)["items"])
