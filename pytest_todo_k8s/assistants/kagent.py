"""kagent 0.10: an agent inside the cluster, asked by its command line.

`kagent invoke` ends with status 0 whatever happens: only one JSON object on standard output whose state is
`completed`, with a text, is an answer. `input-required` means that the agent wants an approval, which it does not get.
The agent that is asked has reading tools alone (`data/kagent-agent.yaml`); the demonstration agents, which may delete,
never are.
"""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_todo_k8s.assistants import text
from pytest_todo_k8s.assistants.assistant import Caller, Request, found, proposal, told, unavailable
from pytest_todo_k8s.assistants.proposal import Detection, Proposal, Status
from pytest_todo_k8s.cluster.kube import KubeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.assistants.workbench import Workbench
    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.tools.command import BackgroundCommand, CommandResult

NAMESPACE: Final = "kagent"
CONTROLLER: Final = "kagent-controller"
PORT: Final = 8083
AGENT: Final = "todo-sre-readonly"
CALL_S: Final = 300.0
"""As long as the tool's own inner limit."""
HEALTH_S: Final = 10.0
FORWARD_S: Final = 10.0
_OPEN: Final = re.compile(r"^Forwarding from 127\.0\.0\.1:(\d+) ->")


@dataclass(frozen=True, slots=True)
class Kagent:
    """kagent as found on PATH, and its controller in the cluster.

    Attributes:
        program: Its path or name.
        caller: Calls it.
        kube: The API of the cluster in which its controller is.
        url: Where the controller answers on this machine; None: the tool opens its own way, which is slow to do so.
        timeout_s: Seconds a question may take.
    """

    program: str
    caller: Caller
    kube: Kube
    url: str | None = None
    timeout_s: float = CALL_S
    name: ClassVar[str] = "kagent"

    def detect(self) -> Detection:
        """Ask command line and controller for themselves: both must answer."""
        answer = self.caller.quick([self.program, "version"])
        if not found(answer):
            return Detection(available=False, reason=f"{self.program} is not on PATH")
        try:
            version = str(json.loads(answer.stdout)["kagent_version"])
        except (ValueError, KeyError, TypeError):
            said = "it does not end" if answer.timed_out else " ".join(told(answer).split())[:200] or "nothing"
            return Detection(available=False, reason=f"kagent version said: {said}")
        path = f"/api/v1/namespaces/{NAMESPACE}/services/{CONTROLLER}"
        try:
            self.kube.get(path)
            self.kube.text(f"{path}:{PORT}/proxy/health", timeout_s=HEALTH_S)
        except KubeError as error:
            reason = f"its controller does not answer: {error.message}"
            return Detection(available=False, version=version, reason=reason)
        return Detection(available=True, version=version)

    def propose(self, request: Request) -> Proposal:
        """Give the read-only agent one task."""
        if request.subject not in {"health", "resources"}:
            return unavailable(self.name, request, "kagent is asked about health and resources alone")
        argv = [self.program, "invoke", "--namespace", NAMESPACE, "--agent", AGENT, "--task", request.prompt]
        if self.url:
            argv += ["--kagent-url", self.url]
        with self.caller.room() as room:
            env = {"KUBECONFIG": str(request.kubeconfig)} if request.kubeconfig else {}
            result = self.caller.ask(argv, room, timeout_s=self.timeout_s, env=env)
        return self._read(request, result)

    def _read(self, request: Request, result: CommandResult) -> Proposal:
        if not found(result):
            return unavailable(self.name, request, f"{self.program} is not on PATH")
        try:
            answer = json.loads(result.stdout)
            state = answer["status"]["state"]
        except (ValueError, KeyError, TypeError):
            said = " ".join(told(result).split())[:300] or "nothing"
            return proposal(self.name, request, result, Status.MALFORMED, text=f"it answered no task, but: {said}")
        words = text.plain_text("\n".join(_texts(answer))).strip()
        if state == "input-required":
            return proposal(self.name, request, result, Status.REFUSED, text=words or "it wanted an approval")
        if state != "completed" or not words:
            return proposal(self.name, request, result, Status.MALFORMED, text=f"state {state}, {words or 'no text'}")
        return proposal(self.name, request, result, Status.OK, text=words, commands=text.commands(words))


@contextmanager
def controller(bench: Workbench) -> Iterator[str | None]:
    """Open a way to the controller for the length of a block; None where there is none.

    The tool's own port-forward waits only about a second before it gives up.
    """
    argv = [str(bench.toolchain.path("kubectl")), "--kubeconfig", str(bench.cluster.kubeconfig)]
    argv += ["--context", bench.cluster.context, "--namespace", NAMESPACE, "port-forward", "--address", "127.0.0.1"]
    command = bench.commands.start([*argv, f"service/{CONTROLLER}", f":{PORT}"])
    try:
        yield _forwarded(command)
    finally:
        command.stop()


def _forwarded(command: BackgroundCommand) -> str | None:
    deadline = time.monotonic() + FORWARD_S
    while command.running and time.monotonic() < deadline:
        for line in list(command.lines):
            if match := _OPEN.match(line):
                return f"http://127.0.0.1:{match[1]}"
        time.sleep(0.1)
    return None


def _texts(answer: Any) -> Iterator[str]:
    """Yield the text parts of a task's artifacts, else of its last message (A2A protocol: Task, Part)."""
    artifacts = [part for each in answer.get("artifacts") or [] for part in each.get("parts") or []]
    message = (answer.get("status") or {}).get("message") or {}
    for part in artifacts or message.get("parts") or []:
        if part.get("kind", part.get("type")) == "text":
            yield str(part.get("text", ""))
