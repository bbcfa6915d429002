"""Programs that behave as the documents of docker ai, kubectl-ai and kagent say; each notes what it was given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_todo_k8s.assistants.assistant import Caller, Request
from pytest_todo_k8s.tools.redaction import Redactor

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.assistants.proposal import Subject

GOOD_DOCKERFILE = """\
FROM python:3.13-slim AS build
COPY app /srv/app
FROM python:3.13-slim
COPY --from=build /srv/app /srv/app
WORKDIR /srv
USER 10001
EXPOSE 8080
HEALTHCHECK CMD ["python", "-m", "app.healthcheck"]
CMD ["python", "-m", "app"]
"""
REFUSAL = """Error: RunOnce mode cannot handle permission requests. The following commands require approval:
* kubectl delete deployment todo-backend -n todo-app-dev
* kubectl create secret generic x
"""


class Fakes:
    """A folder of fake executables, and a caller that finds nothing else but the system's own commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "fakes"
        self.folder.mkdir()
        self.redactor = Redactor()

    def add(self, name: str, body: str) -> Path:
        """Add one; `body` is shell."""
        file = self.folder / name
        lines = ["#!/bin/sh", f'printf "%s\\n" "$*" >>"{self.folder}/{name}.calls"']
        lines += [f'env >"{self.folder}/{name}.env"', f'pwd >"{self.folder}/{name}.pwd"']
        lines += [
            f'(cat; echo end) </dev/stdin >"{self.folder}/{name}.stdin" 2>/dev/null &' if "TUI" not in body else ""
        ]
        file.write_text("\n".join([*lines, body, ""]), encoding="utf-8")
        file.chmod(0o755)
        return file

    def seen(self, name: str, what: str) -> str:
        return (self.folder / f"{name}.{what}").read_text(encoding="utf-8")

    def caller(self, **environment: str) -> Caller:
        path = f"{self.folder}:/usr/bin:/bin"
        return Caller({"PATH": path, "AWS_SECRET_ACCESS_KEY": "not-for-tools", **environment}, self.redactor)


def says(text: str) -> str:
    return f"cat <<'END_OF_TEXT'\n{text}\nEND_OF_TEXT"


def docker_ai(answer: str) -> str:
    """Docker AI: `version` prints a line, a prompt opens a screen that never ends by itself."""
    return f"""# TUI
case "$*" in
  "ai version") echo "docker ai version v1.5.2"; exit 0 ;;
esac
trap 'exit 0' INT
printf '\\033[2J\\033[1;36mGordon\\033[0m thinks\\r\\n'
{answer}
while :; do sleep 0.1; done"""


def kubectl_ai(answer: str, *, help_text: str = "  --llm-provider string") -> str:
    return f"""case "$1" in
  version) echo "version: 0.0.28"; echo "commit: abc"; exit 0 ;;
  --help) echo "{help_text}"; exit 0 ;;
esac
for word; do case "$word" in --trace-path=*) trace=${{word#--trace-path=}} ;; esac; done
{answer}"""


def kagent(answer: str) -> str:
    version = json.dumps({"kagent_version": "0.10.2", "git_commit": "x", "build_date": "y", "backend_version": "z"})
    return f"""case "$1" in version) echo '{version}'; exit 0 ;; esac
{answer}"""


def task(state: str, text: str) -> str:
    """What `kagent invoke` prints on success."""
    parts = [{"kind": "text", "text": text}]
    return json.dumps({"kind": "task", "status": {"state": state}, "artifacts": [{"parts": parts}]})


def request(subject: Subject, *, kubeconfig: Path | None = None) -> Request:
    targets: dict[str, str] = {"dockerfile": "backend", "manifest": "Deployment/todo-backend"}
    return Request(
        subject=subject,
        target=targets.get(subject, "todo-app-dev"),
        prompt="what is it; $(touch /tmp/never)",
        files={"Dockerfile": "FROM scratch\n"},
        kubeconfig=kubeconfig,
    )
