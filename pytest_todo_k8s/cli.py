"""The command `todo-k8s`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import yaml

from pytest_todo_k8s import exit_codes
from pytest_todo_k8s.cluster import choice
from pytest_todo_k8s.errors import SetupError, TodoK8sError
from pytest_todo_k8s.options import ASSISTANTS, DEFAULT_NAMESPACE
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

LOG_TAIL_LINES: Final = 12
LAST_PORT: Final = 65535
INTERRUPTED: Final = 130
"""What shells report for a command ended by Ctrl-C."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command and return the exit status: 0, 10 when the machine is not as needed, 130 when interrupted."""
    arguments = parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        status: int = arguments.run(arguments)
    except KeyboardInterrupt:
        _tell("todo-k8s: interrupted; the same command goes on from here")
        return INTERRUPTED
    except (TodoK8sError, CommandError, OSError) as error:
        _explain(error)
        return exit_codes.INFRASTRUCTURE
    return status


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    whole = argparse.ArgumentParser(prog="todo-k8s", description="Set up what `pytest --todo-cluster` needs.")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    setup = commands.add_parser(
        "setup",
        help="bring up engine, tools and Minikube as far as they are missing",
        description="Uses docker, minikube, kubectl and helm where they are new enough; makes what is missing.",
    )
    mode = setup.add_mutually_exclusive_group()
    mode.add_argument("--plan", action="store_true", help="print what would be done, touch nothing")
    mode.add_argument("--stop", action="store_true", help="stop Minikube, and the engine if set-up started it")
    mode.add_argument("--remove", action="store_true", help="take back everything that set-up made")
    setup.add_argument("--with", dest="more", choices=["kind"], help="also bring up a kind cluster from the same parts")
    setup.set_defaults(run=_setup)
    doctor = commands.add_parser(
        "doctor", help="print one line for each prerequisite: found, where, good or not, remedy"
    )
    doctor.add_argument("--json", action="store_true", help="print the same as JSON")
    doctor.set_defaults(run=_doctor)
    _add_assist(commands)
    docs = commands.add_parser(
        "docs",
        help="write the generated documents below docs/",
        description="Writes what is generated from the code; with a run's evidence also its metrics.",
    )
    docs.add_argument("--evidence", metavar="FILE", help="evidence.json of a finished run")
    docs.add_argument("--check", action="store_true", help="change nothing; status 1 when a document is stale")
    docs.set_defaults(run=_docs)
    _add_app(commands)
    _add_reap(commands)
    tasks = commands.add_parser(
        "tasks", help="print the tasks T001 to T099 with what does each, and its result in a run"
    )
    tasks.add_argument(
        "--evidence", metavar="FILE", default="out/evidence.json", help="of the run (default: %(default)s)"
    )
    tasks.add_argument("--write", metavar="FILE", help="write the table as Markdown instead of printing it")
    tasks.set_defaults(run=_tasks)
    role = commands.add_parser(
        "role",
        help="print the roles with which a run needs no administrator, for `kubectl apply -f -`",
        description="Prints two ClusterRoles as YAML: one for the cluster, one that a run binds in its namespace.",
    )
    role.add_argument(
        "--user",
        help="also bind the first to this user, such as system:serviceaccount:NAMESPACE:NAME for a service account",
    )
    role.set_defaults(run=_role)
    return whole


def _add_assist(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    assist = commands.add_parser(
        "assist",
        help="analyse Dockerfiles, manifests, health or resources, alone or with an AI assistant",
        description="The built-in analysers always answer; an assistant only proposes, and nothing is applied unasked.",
    )
    assist.add_argument("subject", choices=("dockerfile", "manifest", "health", "resources"), help="what to look at")
    assist.add_argument("target", nargs="?", help="one image (backend) or object (Deployment/todo-backend) only")
    assist.add_argument("--with", dest="tool", choices=("builtin", *ASSISTANTS), default="builtin", help="ask it too")
    assist.add_argument("--json", action="store_true", help="print the result as JSON")
    assist.add_argument("--apply", metavar="HASH", help="apply the stored proposal with this hash, after a dry run")
    assist.add_argument("--load", action="store_true", help="resources: measure under the declared load too")
    assist.add_argument("--namespace", default=DEFAULT_NAMESPACE, metavar="NAME", help="where the application runs")
    assist.add_argument("--out", default="out", metavar="DIR", help="folder for proposals (ai/) and logs")
    assist.add_argument("--cluster", metavar=choice.GRAMMAR, help="which cluster (default: that of set-up)")
    assist.set_defaults(run=_assist)


def _add_reap(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    reap = commands.add_parser(
        "reap",
        help="take down what dead runs left behind",
        description="Takes down namespaces, images, processes and files of runs whose process is gone. Runs that live "
        "and runs that are kept (--todo-keep) stay, unless a kept one is named.",
    )
    reap.add_argument("run_ids", nargs="*", metavar="RUN_ID", help="a kept run that is to go before its time")
    reap.add_argument("--cluster", metavar=choice.GRAMMAR, default="minikube", help="where (default: minikube)")
    reap.set_defaults(run=_reap)


def _reap(arguments: argparse.Namespace) -> int:
    from pytest_todo_k8s import reaping  # noqa: PLC0415  other sub-commands need none of it
    from pytest_todo_k8s.tools.toolchain import Toolchain  # noqa: PLC0415  same

    chosen = choice.cluster(arguments.cluster, "--cluster", Toolchain.load(os.environ).profile)
    return reaping.reap(chosen, os.environ, arguments.run_ids, _print)


def _add_app(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    app = commands.add_parser("app", help="run the application on this machine, without a cluster")
    verbs = app.add_subparsers(required=True, metavar="COMMAND")
    up = verbs.add_parser(
        "up",
        help="start it as plain processes on loopback addresses, until Ctrl-C",
        description=(
            "Starts PostgreSQL, the migrations, a Gemini emulator, the backend and the frontend of the project in this "
            "folder as plain processes, prints the address and what they say; Ctrl-C or SIGTERM stops all of them."
        ),
    )
    up.add_argument("--port", type=_port, default=3000, help="port of the frontend (default: 3000; 0: a free one)")
    up.set_defaults(run=_app_up)
    env = verbs.add_parser(
        "env",
        help="make the file with random secrets that compose.yaml wants",
        description="Makes a new file (0600) with random secrets for compose.yaml, and the base images of set-up.",
    )
    env.add_argument("--file", type=Path, default=Path(".env"), help="file to make (default: .env)")
    env.set_defaults(run=_app_env)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) <= LAST_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is no port: write a whole number from 0 to {LAST_PORT}")
    return int(text)


def _app_up(arguments: argparse.Namespace) -> int:
    from pytest_todo_k8s.plain.up import up  # noqa: PLC0415  other sub-commands need none of it

    up(Path.cwd(), arguments.port, os.environ, lambda line: print(line, flush=True))  # noqa: T201  the user reads it
    return exit_codes.OK


def _app_env(arguments: argparse.Namespace) -> int:
    from pytest_todo_k8s import compose_variables  # noqa: PLC0415  other sub-commands need none of it
    from pytest_todo_k8s.tools.toolchain import Toolchain  # noqa: PLC0415  same

    compose_variables.write(arguments.file, Toolchain.load(os.environ).bases)
    return exit_codes.OK


def _setup(arguments: argparse.Namespace) -> int:
    from pytest_todo_k8s.bootstrap import removal, setup  # noqa: PLC0415  other sub-commands need none of it
    from pytest_todo_k8s.bootstrap.site import Site  # noqa: PLC0415  same

    site = Site.here(os.environ)
    with_kind = arguments.more == "kind"
    if arguments.plan:
        setup.print_plan(site, sys.stdout, with_kind=with_kind)
    elif arguments.stop:
        removal.stop(site)
    elif arguments.remove:
        removal.remove(site)
    else:
        setup.set_up(site, with_kind=with_kind)
    return exit_codes.OK


def _doctor(arguments: argparse.Namespace) -> int:
    from pytest_todo_k8s.bootstrap import doctor  # noqa: PLC0415  other sub-commands need none of it
    from pytest_todo_k8s.bootstrap.site import Site  # noqa: PLC0415  same

    findings = doctor.examine(Site.here(os.environ))
    sys.stdout.write((doctor.as_json(findings) if arguments.json else doctor.as_text(findings)) + "\n")
    return exit_codes.OK if all(each.good or each.optional for each in findings) else exit_codes.INFRASTRUCTURE


def _tasks(arguments: argparse.Namespace) -> int:
    from pytest_todo_k8s.evidence import Evidence  # noqa: PLC0415  other sub-commands need none of it
    from pytest_todo_k8s.tasks import catalogue, outcomes, table  # noqa: PLC0415  same

    evidence = Evidence.load(Path(arguments.evidence))
    done = outcomes.outcomes(catalogue.tasks(), evidence)
    if arguments.write:
        Path(arguments.write).write_text(table.markdown(done, evidence), encoding="utf-8")
    else:
        sys.stdout.write("\n".join(table.lines(done)) + "\n")
    return exit_codes.OK


def _role(arguments: argparse.Namespace) -> int:
    from pytest_todo_k8s.cluster import access  # noqa: PLC0415  other sub-commands need none of it

    manifests = access.roles(access.subject(arguments.user) if arguments.user else None)
    yaml.safe_dump_all(manifests, sys.stdout, sort_keys=False)
    return exit_codes.OK


def _assist(arguments: argparse.Namespace) -> int:
    from pytest_todo_k8s.assistants import command  # noqa: PLC0415  other sub-commands need none of it

    return command.run(arguments, os.environ)


def _docs(arguments: argparse.Namespace) -> int:
    from pytest_todo_k8s import documents  # noqa: PLC0415  other sub-commands need none of it

    if arguments.check:
        stale = documents.stale(Path.cwd())
        for file in stale:
            _tell(f"todo-k8s: {file} is stale: run `todo-k8s docs`")
        return exit_codes.FAILED if stale else exit_codes.OK
    for file in documents.write(Path.cwd(), Path(arguments.evidence) if arguments.evidence else None):
        sys.stdout.write(f"{file}\n")
    return exit_codes.OK


def _explain(error: TodoK8sError | CommandError | OSError) -> None:
    """Print what went wrong, the end of its log, and the remedy."""
    log_file = error.log_file if isinstance(error, SetupError) else None
    where = f"setup, step {error.step}: " if isinstance(error, SetupError) else ""
    cause = error.cause if isinstance(error, TodoK8sError) else str(error)
    _tell(f"todo-k8s: {where}{cause}")
    for line in _tail(log_file) if log_file else ():
        _tell(f"  | {line}")
    if isinstance(error, TodoK8sError) and error.hint:
        _tell(f"todo-k8s: {error.hint}")
    if log_file:
        _tell(f"todo-k8s: the whole log is {log_file}")


def _print(line: str) -> None:
    sys.stdout.write(f"todo-k8s: {line}\n")


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


def _tail(log_file: Path) -> list[str]:
    try:
        return log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_TAIL_LINES:]
    except OSError:
        return []


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """Let SIGTERM end us as Ctrl-C does, so that running children are ended too."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
