"""Stand-ins for the programs that set-up starts: shell scripts, alone on PATH, that note how they were called."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_todo_k8s.bootstrap.image_store import LABEL
from pytest_todo_k8s.bootstrap.machine import Machine
from pytest_todo_k8s.bootstrap.site import Site
from pytest_todo_k8s.tools.command import CommandRunner

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = Machine(root=True, architecture="x86_64", cpus=2, memory_mb=16_000, systemd=False, grants_sys_resource=True)
DOCKER_UP = {"Client": {"Version": "20.10.24"}, "Server": {"Version": "20.10.24"}}
DOCKER_DOWN = {"Client": {"Version": "20.10.24"}, "Server": None}
PACKAGED_NODE = """#!/bin/sh
case "$1" in
*npm-cli.js) [ -e package-lock.json ] && /bin/mkdir node_modules ;;
unpack.mjs)
    [ -d node_modules ] || exit 1
    printf '#!/bin/sh\\nprintf "Chromium 153.0.8010.3\\\\n"\\n' > "$TMPDIR/chromium"; /bin/chmod +x "$TMPDIR/chromium"
    printf '{"executable": "%s/chromium", "libraries": "%s/lib"}\\n' "$TMPDIR" "$TMPDIR" ;;
esac
"""
"""The node of a wheel; it pretends to install the browser's npm package and to unpack it."""


def say(text: str) -> str:
    """Return the line of a script that prints a text."""
    return "printf '%s\\n' '" + text.replace("'", "'\\''") + "'"


def say_json(value: Any) -> str:
    """Return the line of a script that prints JSON."""
    return say(json.dumps(value))


@dataclass
class Stubs:
    """A folder of stand-ins, with a folder for the marks by which they tell each other what happened."""

    folder: Path
    written: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def mark(self, name: str) -> Path:
        """Return a file that scripts make or look for."""
        return self.folder / "marks" / name

    def answer(self, program: str, pattern: str, script: str) -> None:
        """Let a program run `script` when its arguments match the shell pattern; the latest match given wins."""
        self.written.setdefault(program, []).insert(0, (pattern, script))
        cases = "\n".join(f"{pattern}) {script} ;;" for pattern, script in self.written[program])
        text = f"""#!/bin/sh
printf '%s\\n' "{program} $*" >> {self.folder}/calls
case "$*" in
{cases}
*) ;;
esac
"""
        self.bin.mkdir(parents=True, exist_ok=True)
        self.mark("x").parent.mkdir(exist_ok=True)
        (self.bin / program).write_text(text, encoding="utf-8")
        (self.bin / program).chmod(0o755)

    def calls(self, beginning: str = "") -> list[str]:
        """Return how programs were called, as far as the line begins so."""
        try:
            lines = (self.folder / "calls").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [line for line in lines if line.startswith(beginning)]

    def forget(self) -> None:
        """Begin a new list of calls."""
        (self.folder / "calls").unlink(missing_ok=True)

    def site(self, cache: Path, machine: Machine = MACHINE, **variables: str) -> Site:
        """Describe a machine that has these programs alone."""
        environment = {"PATH": str(self.bin), "HOME": str(self.folder / "home"), **variables}
        return Site(environment, cache, machine, CommandRunner(environment))

    # -- whole programs ------------------------------------------------------------------------------------------------

    def docker(self, *, up: bool = True) -> None:
        """A client of 20.10; its engine is up when marked so, its images are those listed in a folder of marks."""
        question = "'version --format {{json .}}'"
        up_mark = self.mark("engine")
        self.answer("docker", "*", ":")
        up_mark.parent.mkdir(parents=True, exist_ok=True)
        if up:
            up_mark.touch()
        down = f"{say_json(DOCKER_DOWN)}; printf 'Cannot connect to the Docker daemon\\n' >&2; exit 1"
        self.answer("docker", question, f"if [ -e {up_mark} ]; then {say_json(DOCKER_UP)}; else {down}; fi")
        self.answer("docker", "'image inspect '*", self._inspect())
        self.answer("docker", "'build '*|'import '*", self._make_image())
        self.answer("docker", "'container inspect '*", f"read word < {self.mark('node')} && printf '%s\\n' \"$word\"")
        self.answer("docker", "'container rm '*", f"[ ! -e {self.mark('node')} ] || /bin/rm {self.mark('node')}")

    def _images(self) -> Path:
        folder = self.mark("images")
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def put_image(self, reference: str, recipe: str = "") -> None:
        """Let the engine have an image; with a recipe: one of set-up's."""
        labels = {LABEL: recipe} if recipe else None
        text = json.dumps({"RepoTags": [reference], "Config": {"Labels": labels}})
        (self._images() / reference.replace("/", "_")).write_text(text, encoding="utf-8")

    def _inspect(self) -> str:
        return f"""
    shift 2; printf '['; comma=; code=0
    for reference in "$@"; do
        file={self._images()}/$(printf '%s' "$reference" | /usr/bin/tr / _)
        if [ -e "$file" ]; then printf '%s' "$comma"; /bin/cat "$file"; comma=,; else code=1; fi
    done
    printf ']\\n'; exit $code"""

    def _make_image(self) -> str:
        return f"""
    for word in "$@"; do
        case "$word" in
        --tag=*) reference=${{word#--tag=}} ;;
        --label={LABEL}=*) recipe=${{word#--label={LABEL}=}} ;;
        "--change=LABEL {LABEL}="*) recipe=${{word#--change=LABEL {LABEL}=}}; imported=yes ;;
        esac
        last=$word
    done
    [ -z "${{imported-}}" ] || reference=$last
    [ -n "${{imported-}}" ] || /bin/cat > /dev/null
    file={self._images()}/$(printf '%s' "$reference" | /usr/bin/tr / _)
    form='{{"RepoTags": ["%s"], "Config": {{"Labels": {{"{LABEL}": "%s"}}}}}}'
    printf "$form" "$reference" "$recipe" > "$file"
    """

    def minikube(self, home: Path) -> None:
        """A minikube 1.38 that starts, stops and deletes a node."""
        self.answer("minikube", "'version --short'", say("v1.38.1"))
        profile = home / "profiles" / "todo-k8s"
        config = json.dumps({"KubernetesConfig": {"KubernetesVersion": "v1.34.4"}})
        start = f"""
    /bin/mkdir -p {profile}; printf '%s' '{config}' > {profile}/config.json
    printf 'running\\n' > {self.mark("node")}; printf 'apiVersion: v1\\n' > "$KUBECONFIG"
    printf '* Starting control plane\\n'"""
        self.answer("minikube", "*' start '*", start)
        self.answer("minikube", "*' stop'", f"printf 'exited\\n' > {self.mark('node')}")
        self.answer("minikube", "*' delete'", f"/bin/rm -rf {profile} {self.mark('node')}")
        self.answer("minikube", "*' addons enable metrics-server'*", f": > {self.mark('metrics')}")

    def kubectl(self, version: str = "v1.34.1") -> None:
        """A kubectl whose cluster is as the marks say."""
        self.answer("kubectl", "'version --client '*", say_json({"clientVersion": {"gitVersion": version}}))
        ready = {"items": [{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}]}
        available = {"metadata": {"name": "v1beta1.metrics.k8s.io"}, "status": {"conditions": [_AVAILABLE]}}
        self.api("/readyz", "printf ok")
        self.api("/api/v1/nodes", say_json(ready))
        self.api("/apis/apiregistration.k8s.io/v1/apiservices", say_json({"items": [available]}))
        self.api("/apis/metrics.k8s.io/v1beta1/nodes", say_json({"items": [{"usage": {}}]}))
        self.api("/api/v1/namespaces/todo-app-dev", "exit 1")
        enabled, patched = self.mark("metrics"), self.mark("patched")
        slow, fresh = (say_json(_deployment(seconds)) for seconds in (60, 15))
        self.api(
            "/apis/apps/v1/namespaces/kube-system/deployments/metrics-server",
            f"[ -e {enabled} ] || exit 1; if [ -e {patched} ]; then {fresh}; else {slow}; fi",
        )
        self.answer("kubectl", "*' patch deployment/metrics-server '*", f": > {patched}")

    def api(self, path: str, script: str) -> None:
        """Let the API server answer a path."""
        self.answer("kubectl", f"*' get --raw {path}'", script)


_AVAILABLE = {"type": "Available", "status": "True"}


def _deployment(seconds: int) -> dict[str, Any]:
    arguments = ["--cert-dir=/tmp", f"--metric-resolution={seconds}s"]
    return {"spec": {"template": {"spec": {"containers": [{"args": arguments}]}}}}


def machine(**changes: Any) -> Machine:
    """Return the usual machine with some facts changed."""
    return replace(MACHINE, **changes)
