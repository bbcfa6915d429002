"""kubectl-ai (GoogleCloudPlatform), version 0.0.28: asks a model, which may call kubectl.

Its own permission model has holes (`--dry-run=none` counts as a dry run, secrets may be read), so the bound is the
account: it gets a kubeconfig of a read-only one and nothing else. With `--quiet` a call that needs approval ends it
with status 1 and the list of what it would have run: a proposal. It may also end with 0 and say nothing, or hang.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import yaml

from pytest_todo_k8s.assistants import text
from pytest_todo_k8s.assistants.assistant import CALL_S, Caller, Request, found, proposal, told, unavailable
from pytest_todo_k8s.assistants.proposal import Detection, Proposal, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_todo_k8s.tools.command import CommandResult

ITERATIONS: Final = 8
KEYS: Final = {
    "gemini": ("GEMINI_API_KEY",),
    "openai": ("OPENAI_API_KEY", "OPENAI_ENDPOINT", "OPENAI_API_BASE"),
}
"""Providers it may be used with, and the variables that each of them reads."""
MODELS: Final = {"gemini": "gemini-2.5-flash", "openai": "gpt-4.1"}
_WANTED: Final = re.compile(r"require approval:?(?P<list>(?:\s*[*•-]\s+[^\n]+)+)")
TRACE_CAP_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class KubectlAi:
    """kubectl-ai as found on PATH.

    Attributes:
        program: Its path or name.
        caller: Calls it.
        provider: `gemini` or `openai`; the second also with any address that speaks that dialect.
        model: Name of the model; always given, for the tool's default retires.
        timeout_s: Seconds a question may take.
    """

    program: str
    caller: Caller
    provider: str = "gemini"
    model: str = ""
    timeout_s: float = CALL_S
    name: ClassVar[str] = "kubectl-ai"

    def detect(self) -> Detection:
        """Ask for its version, its help (an older, unrelated tool has the same name) and its key."""
        version = self.caller.quick([self.program, "version"])
        if not found(version):
            return Detection(available=False, reason=f"{self.program} is not on PATH")
        if not version.ok:
            return Detection(available=False, reason=f"kubectl-ai version: {_short(version)}")
        if "--llm-provider" not in told(self.caller.quick([self.program, "--help"])):
            return Detection(available=False, reason="it is another tool of that name: its help has no --llm-provider")
        key = KEYS[self.provider][0]
        if not self.caller.environment.get(key):
            return Detection(available=False, version=_short(version), reason=f"{key} is not set")
        return Detection(available=True, version=_short(version))

    def propose(self, request: Request) -> Proposal:
        """Ask one question in its quiet mode, as an account that may only read."""
        if request.subject == "dockerfile":
            return unavailable(self.name, request, "kubectl-ai is not asked for Dockerfiles")
        if request.kubeconfig is None:
            return unavailable(self.name, request, "there is no kubeconfig of a read-only account")
        with self.caller.room() as room:
            trace = room / "tmp" / "trace.yaml"
            result = self.caller.ask(
                self._argv(request, trace),
                room,
                timeout_s=self.timeout_s,
                keys=KEYS[self.provider],
                env={"KUBECONFIG": str(request.kubeconfig)},
            )
            return self._read(request, result, _trace(trace))

    def _argv(self, request: Request, trace: Path) -> list[str]:
        return [
            self.program,
            f"--llm-provider={self.provider}",
            f"--model={self.model or MODELS[self.provider]}",
            "--quiet",
            f"--max-iterations={ITERATIONS}",
            f"--kubeconfig={request.kubeconfig}",
            f"--trace-path={trace}",
            "--remove-workdir",
            request.prompt + (_PRINT if request.subject == "manifest" else ""),
        ]

    def _read(self, request: Request, result: CommandResult, payloads: list[Any]) -> Proposal:
        said = told(result)
        if not found(result):
            return unavailable(self.name, request, f"{self.program} is not on PATH")
        if wanted := _WANTED.search(said):
            commands = [line.strip(" *•-\t") for line in wanted["list"].splitlines() if line.strip()]
            reason = "it wanted to run what needs approval"
            return proposal(self.name, request, result, Status.REFUSED, commands=commands, text=reason)
        if result.exit_code:
            return proposal(self.name, request, result, Status.MALFORMED, text=_short(result))
        answer = text.plain_text(result.stdout).strip()
        if not answer:
            return proposal(self.name, request, result, Status.MALFORMED, text="it ended well and said nothing")
        content = _manifest(payloads, answer) if request.subject == "manifest" else ""
        if request.subject == "manifest" and not content:
            reason = "its answer holds no manifest"
            return proposal(self.name, request, result, Status.MALFORMED, text=reason, commands=text.commands(answer))
        commands = text.commands(answer)
        return proposal(self.name, request, result, Status.OK, content=content, commands=commands, text=answer)


def provider(environment: Mapping[str, str]) -> str:
    """Return the first provider that has a key; `gemini` where none has."""
    return next((name for name, keys in KEYS.items() if environment.get(keys[0])), "gemini")


_PRINT: Final = ". Only print it: use kubectl create with --dry-run=client -o yaml, and apply nothing."


def _manifest(payloads: list[Any], answer: str) -> str:
    """Return the YAML of the objects that a tool call printed; else that of a code block of the answer."""
    for each in reversed([string for payload in payloads for string in _strings(payload)]):
        if found := text.manifests(each):
            return yaml.safe_dump_all(found, sort_keys=False)
    for _, body in text.blocks(answer):
        if found := text.manifests(body):
            return yaml.safe_dump_all(found, sort_keys=False)
    found = text.manifests(answer)
    return yaml.safe_dump_all(found, sort_keys=False) if found else ""


def _trace(file: Path) -> list[Any]:
    """Return the payloads of tool responses; a trace that can't be read holds none."""
    try:
        if file.stat().st_size > TRACE_CAP_BYTES:
            return []
        entries = list(yaml.safe_load_all(file.read_text(encoding="utf-8", errors="replace")))
    except (OSError, yaml.YAMLError):
        return []
    return [each.get("payload") for each in entries if isinstance(each, dict) and each.get("action") == "tool-response"]


def _strings(payload: Any) -> Iterator[str]:
    if isinstance(payload, str):
        yield payload
    elif isinstance(payload, dict):
        for value in payload.values():
            yield from _strings(value)
    elif isinstance(payload, list):
        for value in payload:
            yield from _strings(value)


def _short(result: CommandResult) -> str:
    said = " ".join(told(result).split())[:200]
    return "it does not end" if result.timed_out else said or f"status {result.exit_code}"
