"""Measures the application as plain processes on loopback addresses and writes benchmarks/application.md.

    python -m benchmarks.application [--rounds 5] [--seconds 20]

Start, idle memory, latency under 50 requests a second with 500 tasks, the pages' first paint and the size of their
scripts, and the number of cases that schemathesis makes of the API document. Each figure is taken in several rounds,
and shown as minimum, median and maximum: other people's work on the machine disturbs it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_todo_k8s.browsing.paint import FIRST_PAINT
from pytest_todo_k8s.flows.visitor import CREATED, OK, Account, AnswerError, Visitor
from pytest_todo_k8s.measuring.fetch import fetch, new_session
from pytest_todo_k8s.measuring.series import open_loop, threads
from pytest_todo_k8s.plain import application, backend, frontend
from pytest_todo_k8s.plain.environment import interpreter
from pytest_todo_k8s.plain.node import Node
from pytest_todo_k8s.plain.postgres import postgres
from pytest_todo_k8s.plain.server import Serving, answers, serving
from pytest_todo_k8s.plain.up import session
from pytest_todo_k8s.signals import Signals
from pytest_todo_k8s.tools.toolchain import cache_root
from tests.app.web.chromium import chromium, driven

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from pytest_todo_k8s.plain.server import Server
    from pytest_todo_k8s.plain.up import Session

ROOT = Path(__file__).parents[1]
RATE_PER_S = 50.0
TASKS = 500
IDLE_S = 5.0
WORKERS = 32
PAGES = {"landing page": "/", "log-in page": "/login"}
SCHEMATHESIS = "tests/app/backend/test_api_document.py"
SCHEMATHESIS_TIMEOUT_S = 900
_SCRIPTS = """() => performance.getEntriesByType("resource").filter((each) => each.initiatorType === "script"
  || each.name.endsWith(".js")).map((each) => [each.encodedBodySize, each.decodedBodySize])"""


class Figures:
    """What was measured, by its name, in the order of its first round."""

    def __init__(self) -> None:
        self.rounds: dict[tuple[str, str], list[float]] = {}

    def add(self, name: str, unit: str, value: float) -> None:
        """Note one round."""
        self.rounds.setdefault((name, unit), []).append(value)
        print(f"{name}: {value:.4g} {unit}", flush=True)

    def table(self) -> str:
        """Return all of it as a table in Markdown."""
        rows = [
            f"| {name} | {unit} | {min(seen):.4g} | {statistics.median(seen):.4g} | {max(seen):.4g} | {len(seen)} |"
            for (name, unit), seen in self.rounds.items()
        ]
        head = ["| figure | unit | minimum | median | maximum | rounds |", "|---|---|---:|---:|---:|---:|"]
        return "\n".join([*head, *rows])


def resident_mb(pid: int) -> float:
    """Resident memory of a process (VmRSS) in MB (10^6 bytes)."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


def processor_s(pid: int) -> float:
    """Processor time that a process has used (proc(5): fields 14 and 15), which other people's work hardly changes."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(each) for each in fields[11:13]) / os.sysconf("SC_CLK_TCK")


def newest_pid(host: Session) -> int:
    """Process id of the server that was started last."""
    running = host.background[-1]
    if not isinstance(running, Serving):
        raise TypeError(type(running))
    return running.process.pid


def start(host: Session, server: Server, what: str, health: str, figures: Figures) -> None:
    """Start a server, note the time to its first answer and its memory when idle, and end it."""
    began = time.monotonic()
    with serving(host, dataclasses.replace(server, ready=answers(health))):
        figures.add(f"{what}: start to the first {health}", "s", time.monotonic() - began)
        time.sleep(IDLE_S)
        figures.add(f"{what}: resident memory when idle", "MB", resident_mb(newest_pid(host)))


def p95_ms(actions: list[Callable[[], str | None]], seconds: float) -> float:
    """Send requests at the rate, and return the 95th percentile of their latency in milliseconds.

    Raises:
        AnswerError: One of them was not answered as it must.
    """
    with threads(WORKERS) as pool:
        timings = open_loop(pool, actions, round(RATE_PER_S * seconds), 1 / RATE_PER_S)
    if wrong := [each.error for each in timings if each.error]:
        raise AnswerError(f"{len(wrong)} of {len(timings)} requests were not answered well: {wrong[0]}")
    return statistics.quantiles([each.duration_s * 1000 for each in timings], n=20)[-1]


def latency(url: str, host: Session, figures: Figures, rounds: int, seconds: float) -> None:
    """Measure /health and the list of 500 tasks."""
    account = Account.new("bench", host.redactor)
    body = {"email": account.email, "password": account.password.reveal(), "name": account.name}
    pid, sessions = newest_pid(host), [new_session() for _ in range(WORKERS)]
    try:
        signed_up = fetch(sessions[0], f"{url}/api/auth/signup", timeout_s=15, method="POST", **_json(body))
        headers = {"Authorization": f"Bearer {json.loads(signed_up.body)['token']}"}
        for number in range(TASKS):
            task = _json({"title": f"task {number}"}, headers)
            made = fetch(sessions[0], f"{url}/api/tasks", timeout_s=15, method="POST", **task)
            if made.status != CREATED:
                raise AnswerError(f"task {number} was not made: status {made.status}")
        paths = {"/health": {}, "/api/tasks": headers, "/api/tasks?limit=200": headers}
        for _ in range(rounds):
            for path, given in paths.items():
                asks = [_asks(each, f"{url}{path}", given) for each in sessions]
                used_s = processor_s(pid)
                figures.add(f"backend: p95 of GET {path} at {RATE_PER_S:.0f} requests/s", "ms", p95_ms(asks, seconds))
                used_ms = (processor_s(pid) - used_s) * 1000
                figures.add(f"backend: processor time of one GET {path}", "ms", used_ms / (RATE_PER_S * seconds))
    finally:
        for each in sessions:
            each.close()


def _json(body: object, headers: dict[str, str] | None = None) -> dict[str, Any]:
    return {"body": json.dumps(body).encode(), "headers": {"Content-Type": "application/json", **(headers or {})}}


def _asks(given: Any, url: str, headers: dict[str, str]) -> Callable[[], str | None]:
    def ask() -> str | None:
        answer = fetch(given, url, timeout_s=5, headers=headers)
        return answer.error or (None if answer.status == OK else f"status {answer.status}")

    return ask


def paint(browser: Browser, url: str, host: Session, figures: Figures, rounds: int) -> None:
    """Measure the first contentful paint and the scripts of pages, each time with an empty cache."""
    account = Account.new("paint", host.redactor)
    with Visitor(url) as visitor:
        visitor.sign_up(account)
    for _ in range(rounds):
        for what, path in (*PAGES.items(), ("task page", "/tasks")):
            context = browser.new_context(base_url=url)
            if what == "task page":
                body = {"email": account.email, "password": account.password.reveal()}
                context.request.post("/api/auth/login", data=body)
            page = context.new_page()
            page.goto(path, wait_until="networkidle")
            figures.add(f"frontend: first contentful paint, {what}", "ms", page.evaluate(FIRST_PAINT))
            scripts = page.evaluate(_SCRIPTS)
            figures.add(f"frontend: scripts of the {what}, as sent", "kB", sum(sent for sent, _ in scripts) / 1000)
            figures.add(f"frontend: scripts of the {what}, unpacked", "kB", sum(size for _, size in scripts) / 1000)
            context.close()


def schemathesis_cases() -> int:
    """Run the test of the API document and return how many cases it made.

    Raises:
        subprocess.CalledProcessError: The test failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        argv = [sys.executable, "-m", "pytest", "-q", SCHEMATHESIS, f"--basetemp={folder}/pytest"]
        subprocess.run(argv, cwd=ROOT, check=True, timeout=SCHEMATHESIS_TIMEOUT_S, stdin=subprocess.DEVNULL)
        (report,) = Path(folder).rglob("report.json")
        return int(json.loads(report.read_text(encoding="utf-8"))["test_cases"]["generated"])


def measure(host: Session, figures: Figures, options: argparse.Namespace) -> None:
    """Run the parts of the application and measure them."""
    node = Node.found(ROOT / application.FRONTEND, host.commands, os.environ)
    frontend.make(host, node)
    python = interpreter(host, ROOT / application.BACKEND / "requirements.txt", cache_root(os.environ) / "plain")
    with postgres(host) as database_url:
        backend.migrate(host, python, ROOT / application.BACKEND, database_url)
        server = backend.server(host, python, ROOT / application.BACKEND, database_url, None)
        for _ in range(options.rounds):
            start(host, server, "backend", "/health", figures)
        with serving(host, server) as port:
            url = f"http://127.0.0.1:{port}"
            latency(url, host, figures, options.rounds, options.seconds)
            for _ in range(options.rounds):
                start(host, frontend.server(host, node, url), "frontend", "/api/health", figures)
            with serving(host, frontend.server(host, node, url)) as page_port, driven(chromium()) as browser:
                paint(browser, f"http://127.0.0.1:{page_port}", host, figures, options.rounds)


def document(figures: Figures, cases: int, load: tuple[str, str], options: argparse.Namespace) -> str:
    """Return the document."""
    memory = int(Path("/proc/meminfo").read_text(encoding="ascii").split()[1]) * 1024 / 1e9
    command = f"python -m benchmarks.application --rounds {options.rounds} --seconds {options.seconds:.0f}"
    machine = f"{os.cpu_count()} processors, {memory:.0f} GB of memory, Python {sys.version.split()[0]}"
    return f"""# Figures of the application

Generated by `{command}`; not to be edited.

Plain processes on loopback addresses; {machine}.
Load average of the machine (1, 5, 15 minutes) before {load[0]}, after {load[1]}:
what exceeds one or two is other people's work, and raises the times.
Latency counts from the moment a request is due. The account has {TASKS} tasks. Memory is VmRSS.

{figures.table()}

Schemathesis made {cases} cases of the API document, all checks on, without a failure.
"""


def load_average() -> str:
    """Return the machine's load."""
    return ", ".join(f"{each:.1f}" for each in os.getloadavg())


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description="Measure the application as plain processes.")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each figure (default: 5)")
    parser.add_argument("--seconds", type=float, default=20.0, help="seconds of load in a round (default: 20)")
    options = parser.parse_args()
    figures, before, signals = Figures(), load_average(), Signals()
    signals.end_as_interrupt()
    with session(os.environ, signals, print) as host:
        measure(host, figures, options)
    signals.restore()
    text = document(figures, schemathesis_cases(), (before, load_average()), options)
    Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
