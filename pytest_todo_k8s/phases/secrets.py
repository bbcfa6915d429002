"""The Secrets of a run: generated values, kept out of arguments, values files and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pytest_todo_k8s.ownership import MANAGED_BY, MANAGER, RUN_ID
from pytest_todo_k8s.settings import APP_SECRET, POSTGRES_SECRET, POSTGRES_SERVICE
from pytest_todo_k8s.tools.redaction import Secret, generate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_todo_k8s.context import RunContext

DATABASE_PORT = 5432
MODEL_KEY = "GEMINI_API_KEY"
_PASSWORD = "POSTGRES_PASSWORD"  # noqa: S105  the name of a key


def database_url(password: str, host: str, port: int) -> Secret:
    """Return the URL of the release's own database as seen from `host`."""
    return Secret(f"postgresql://todo:{quote(password, safe='')}@{host}:{port}/todo")


def create(context: RunContext) -> dict[str, Secret]:
    """Make the run's secrets in its namespace, and register each with the redactor first.

    Returns:
        All values by key, those of the database's own Secret among them.

    Raises:
        KubeError: The API refused one.
    """
    password = generate()
    given = context.settings.database_url
    app = {
        "DATABASE_URL": given or database_url(password.reveal(), POSTGRES_SERVICE, DATABASE_PORT),
        "JWT_SECRET": generate(48),
        "BETTER_AUTH_SECRET": generate(48),
        MODEL_KEY: context.settings.model_key or generate(),
    }
    database = {} if given else {_PASSWORD: password}
    for secret in (*app.values(), *database.values()):
        context.redactor.add(secret)
    path = f"/api/v1/namespaces/{context.settings.namespace}/secrets"
    for name, values in ((APP_SECRET, app), (POSTGRES_SECRET, database)):
        if values:
            context.kube.create(path, _manifest(context, name, values))
    return {**app, **database}


def local_database_url(values: Mapping[str, Secret], port: int) -> Secret:
    """Return the URL of the release's own database through a port-forward on this machine."""
    return database_url(values[_PASSWORD].reveal(), "127.0.0.1", port)


def _manifest(context: RunContext, name: str, values: Mapping[str, Secret]) -> dict[str, Any]:
    labels = {MANAGED_BY: MANAGER, RUN_ID: context.journal.owner.run_id}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": context.settings.namespace, "labels": labels},
        "type": "Opaque",
        "stringData": {key: value.reveal() for key, value in values.items()},
    }
