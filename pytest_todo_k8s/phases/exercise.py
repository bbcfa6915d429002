"""Uses the application as a user does, through the frontend, and looks for the result in the database (SC-006).

The user's way is walked twice, by HTTP and by clicks and keys in a browser. The rows of the kept tasks, one made by
hand and one by the assistant each time, are read from PostgreSQL itself, once after both and once more after the
backend's pod was deleted and replaced: a backend that keeps tasks in memory passes neither.

Last comes the chart's own test, which walks a user's way from inside the cluster.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.browsing import visits
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.pod_logs import collect
from pytest_todo_k8s.flows.journey import Journey, JourneyEnd, KeptTasks, list_again, use_the_application
from pytest_todo_k8s.flows.named import Steps, walk
from pytest_todo_k8s.flows.rows import RowsUnreadableError, find_marked, find_tasks
from pytest_todo_k8s.flows.visitor import OK, Account, AnswerError, Visitor
from pytest_todo_k8s.measurements import Exercise
from pytest_todo_k8s.measuring import steady
from pytest_todo_k8s.phases import manifests
from pytest_todo_k8s.tools.command import last_lines
from pytest_todo_k8s.tools.helm import HelmError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.tools.redaction import Secret

RESTART_DEADLINE_S: Final = 120.0
"""Seconds for the old pod's grace period (45 s in the chart) and the new one's start."""
CHART_TEST: Final = "helm test"
"""Name of the step that the chart's own test is."""
_GOOD_ANSWERS: Final = 5
"""In a row: each may come from another replica."""
_POLL_S: Final = 0.5
_HOPELESS: Final = frozenset(
    {"ErrImageNeverPull", "ImagePullBackOff", "CreateContainerConfigError", "CrashLoopBackOff"}
)


def run(context: RunContext) -> None:
    """Walk the user's way and fill `evidence.exercise`; without a flow in the settings there is no way to walk."""
    application = context.settings.application
    if not application.flow:
        return
    journey = Journey(context.elapsed_s)
    exercise = Exercise(steps=journey.steps, built_in=application.built_in)
    context.evidence.exercise = exercise
    try:
        (_use_todo if application.built_in else _use_another)(context, journey, exercise)
    except JourneyEnd:
        failed = journey.steps[-1]
        context.progress(f"exercise: step {failed.name!r} failed: {failed.detail}")
    finally:
        exercise.steps = journey.steps


def _use_todo(context: RunContext, journey: Journey, exercise: Exercise) -> None:
    """Use this project's own application.

    Raises:
        JourneyEnd: A step failed.
    """
    account, kept = Account.new("exercise", context.redactor), _kept(context, "")
    walker, walked = Account.new("browser", context.redactor), _kept(context, "browser ")
    owners = [(account, kept)]
    frontend, stranger = context.deployed().frontend.local_url, Account.new("stranger", context.redactor)

    def look(url: Secret) -> tuple[bool, str]:
        seen = [_tasks_of(context, url, *owner) for owner in owners]
        return all(found for found, _ in seen), "; ".join(detail for _, detail in seen)

    use_the_application(journey, frontend, account, kept, stranger)
    exercise.walk = visits.walk(context, frontend, walker, walked, "cluster")
    if exercise.walk.done:
        owners.append((walker, walked))
    if not _rows_stay(context, journey, exercise, look):
        return
    list_again(journey, frontend, account, kept)
    _await_forward(context)
    with journey.step(CHART_TEST):
        _test_chart(context)


def _kept(context: RunContext, how: str) -> KeptTasks:
    return KeptTasks(f"{how}task of {context.evidence.run.id}", f"{how}chat task of {context.evidence.run.id}")


def _tasks_of(context: RunContext, url: Secret, owner: Account, kept: KeptTasks) -> tuple[bool, str]:
    return find_tasks(url, {kept.by_hand: True, kept.by_chat: False}, owner.email, context.redactor)


def _use_another(context: RunContext, journey: Journey, exercise: Exercise) -> None:
    """Use an application by the function that its settings name; rows and the chart's test are looked at where set.

    Raises:
        JourneyEnd: A step failed.
    """
    settings, application = context.settings, context.settings.application
    mark, query = f"mark-{context.evidence.run.id}", application.database.rows if application.database else ""

    def look(url: Secret) -> tuple[bool, str]:
        return find_marked(url, query, mark, context.redactor)

    walk(settings.root, application.flow, context.deployed().frontend.local_url, Steps(mark, journey))
    exercise.walk = visits.visit(context)
    if query:
        if not _rows_stay(context, journey, exercise, look):
            return
        _await_forward(context)
    if application.helm_test:
        with journey.step(CHART_TEST):
            _test_chart(context)


def _rows_stay(
    context: RunContext, journey: Journey, exercise: Exercise, look: Callable[[Secret], tuple[bool, str]]
) -> bool:
    """Look for the rows before and after the backend's pods are replaced; return whether they were found before.

    Raises:
        JourneyEnd: The pods could not be replaced.
    """
    if not _note_rows(context, exercise, look, "after the user's way"):
        return False
    if context.settings.application.backend.app:
        with journey.step("replace the backend's pod"):
            _replace_backend(context)
        _note_rows(context, exercise, look, "after the backend's pod was replaced")
    return True


def _test_chart(context: RunContext) -> None:
    """Run `helm test`; what it said, and the pod of a test that failed, is kept with the logs.

    Raises:
        AnswerError: It failed.
    """
    helm, chart = manifests.release(context)
    log_file = context.logs_dir / "helm-test.log"
    log_file.unlink(missing_ok=True)
    try:
        helm.test(chart, log_file)
    except HelmError as error:
        raise AnswerError(context.redactor.clean(error.cause) + _said_by_failed_test(context)) from None


def _said_by_failed_test(context: RunContext) -> str:
    """Return the end of the log of the test's pod: the chart lets the pod of a test that failed stay."""
    namespace, folder = context.settings.namespace, context.logs_dir / "helm-test"
    try:
        pods = context.kube.items(f"/api/v1/namespaces/{namespace}/pods")
    except KubeError as error:
        return f"; its pod can't be read: {error.message}"
    tests = [pod for pod in pods if (pod["metadata"].get("annotations") or {}).get("helm.sh/hook") == "test"]
    collect(context.kube, namespace, tests, folder, context.redactor, tail=True)
    said = "".join(file.read_text(encoding="utf-8") for file in sorted(folder.iterdir()))
    return f"; its pod said: {last_lines(said, 3)}" if said else ""


def _note_rows(context: RunContext, exercise: Exercise, look: Callable[[Secret], tuple[bool, str]], when: str) -> bool:
    """Read the rows and write down what was seen; return whether they were found."""
    url = context.deployed().database_url
    try:
        if url is None:
            raise RowsUnreadableError("no database is known")  # noqa: TRY301  as what the driver can't read
        found, detail = look(url)
    except RowsUnreadableError as problem:
        exercise.row_found, exercise.row_detail = None, f"{when}: {problem}"
        return False
    before = f"{exercise.row_detail}; " if exercise.row_detail else ""
    exercise.row_found, exercise.row_detail = found, f"{before}{when}: {detail}"
    return found


def _replace_backend(context: RunContext) -> None:
    """Delete the backend's pods and wait until others are Ready, the old ones are gone and the frontend finds the new.

    Raises:
        AnswerError: The API refused, or there was no replacement in time.
    """
    deadline = time.monotonic() + RESTART_DEADLINE_S
    kube, application = context.kube, context.settings.application
    path = f"/api/v1/namespaces/{context.settings.namespace}/pods"
    selector = f"{application.label}={application.backend.app}"
    try:
        old = kube.items(path, labelSelector=selector)
        for pod in old:
            kube.delete(f"{path}/{pod['metadata']['name']}", uid=pod["metadata"]["uid"])
        _wait_for_others(kube, path, selector, {pod["metadata"]["uid"] for pod in old}, deadline)
    except KubeError as error:
        raise AnswerError(str(error)) from None
    if application.frontend.ready:
        _wait_for_frontend(context.deployed().frontend.local_url, application.frontend.ready, deadline)


def _await_forward(context: RunContext) -> None:
    """Wait until the port-forward to the backend leads to the new pod: it ended with the old one, and tests need it.

    It is the gate's own way in, so that it is late says nothing of the application.
    """
    url, asked = context.deployed().backend_url, context.settings.application.backend.asked
    if url and asked and (seen := steady.wait(url + asked.path)):
        context.progress(f"exercise: the backend can't be reached at {url} after its pod was replaced: {seen}")


def _wait_for_others(kube: Kube, path: str, selector: str, old: set[str], deadline: float) -> None:
    pods: list[dict[str, Any]] = []
    while time.monotonic() < deadline:
        pods = kube.items(path, labelSelector=selector)
        new = [pod for pod in pods if pod["metadata"]["uid"] not in old]
        stuck = next((reason for pod in new if (reason := _waiting_reason(pod)) in _HOPELESS), None)
        if stuck:
            raise AnswerError(f"the new backend pod can't start: {stuck}")
        if len(new) == len(pods) >= len(old) and all(map(_ready, new)):
            return
        time.sleep(_POLL_S)
    names = ", ".join(f"{pod['metadata']['name']} {'ready' if _ready(pod) else 'not ready'}" for pod in pods)
    raise AnswerError(f"no new backend pod was ready alone within {RESTART_DEADLINE_S:.0f} s: {names or 'no pod'}")


def _wait_for_frontend(url: str, path: str, deadline: float) -> None:
    """Wait until the frontend reaches the backend several times: that a pod is Ready becomes known with a delay."""
    good = 0
    with Visitor(url) as visitor:
        while good < _GOOD_ANSWERS:
            answer = visitor.request("GET", path)
            good = good + 1 if answer.status == OK else 0
            if not good and time.monotonic() > deadline:
                raise AnswerError(f"the frontend did not find the new backend: {path} says {answer.status}")
            time.sleep(_POLL_S)


def _ready(pod: Mapping[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _waiting_reason(pod: Mapping[str, Any]) -> str | None:
    for status in pod.get("status", {}).get("containerStatuses") or []:
        waiting = (status.get("state") or {}).get("waiting")
        if waiting:
            return str(waiting.get("reason"))
    return None
