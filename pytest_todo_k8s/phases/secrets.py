"""The Secrets of a run: generated values, kept out of arguments, values files and logs."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.ownership import MANAGED_BY, MANAGER, RUN_ID
from pytest_todo_k8s.tools.redaction import Secret, generate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_todo_k8s.application import Database
    from pytest_todo_k8s.context import RunContext

LENGTH: Final = 48
"""Bytes of chance in each value."""


def database_url(database: Database, password: str, host: str, port: int) -> Secret:
    """Return the URL of the release's own database as seen from `host`."""
    return Secret(f"postgresql://{database.user}:{quote(password, safe='')}@{host}:{port}/{database.name}")


def create(context: RunContext) -> dict[str, Secret]:
    """Make the run's secrets in its namespace, and register each with the redactor first.

    Returns:
        All values by key; a key that is in several Secrets has one value.

    Raises:
        KubeError: The API refused one.
    """
    application = context.settings.application
    made = _values(context, {})
    for secret in made.values():
        context.redactor.add(secret)
    for name, keys in application.secrets.items():
        if values := {key: made[key] for key in keys if key in made}:
            context.kube.create(_path(context), _manifest(context, name, values))
    return made


def take_up(context: RunContext) -> dict[str, Secret]:
    """Read the secrets of the deployment that is there, and register each with the redactor before anything is done.

    What is missing there is made, and what was given this time takes the place of what is there.

    Returns:
        All values by key; a key that is in several Secrets has one value.

    Raises:
        KubeError: The API refused to show or to change one.
    """
    there = {name: _read(context, name) for name in context.settings.application.secrets}
    for secret in (secret for values in there.values() if values for secret in values.values()):
        context.redactor.add(secret)
    known = {key: secret for values in there.values() if values for key, secret in values.items()}
    wanted = _values(context, known)
    for secret in wanted.values():
        context.redactor.add(secret)
    for name, keys in context.settings.application.secrets.items():
        values, old = {key: wanted[key] for key in keys if key in wanted}, there[name]
        if old is None and values:
            context.kube.create(_path(context), _manifest(context, name, values))
        elif changed := {key: value for key, value in values.items() if (old or {}).get(key) != value}:
            path = f"{_path(context)}/{name}"
            context.kube.amend(path, {"stringData": {key: value.reveal() for key, value in changed.items()}})
    return wanted


def _path(context: RunContext) -> str:
    return f"/api/v1/namespaces/{context.settings.namespace}/secrets"


def _read(context: RunContext, name: str) -> dict[str, Secret] | None:
    """Return what a Secret of the namespace holds, by key; None: there is none."""
    try:
        data = context.kube.get(f"{_path(context)}/{name}").get("data") or {}
    except KubeError as error:
        if error.missing:
            return None
        raise
    return {key: Secret(base64.b64decode(value).decode()) for key, value in data.items()}


def _values(context: RunContext, known: Mapping[str, Secret]) -> dict[str, Secret]:
    """Make the values that are not known; what was given stands in their place, and needs no password beside it."""
    settings, application = context.settings, context.settings.application
    made = {key: known.get(key) or generate(LENGTH) for key in application.secret_keys}
    if database := application.database:
        if settings.database_url:
            del made[database.password]
            made[database.url] = settings.database_url
        else:
            password = made[database.password].reveal()
            made[database.url] = database_url(database, password, database.service, database.port)
    if application.model and settings.model_key:
        made[application.model.key] = settings.model_key
    return made


def local_database_url(database: Database, values: Mapping[str, Secret], port: int) -> Secret:
    """Return the URL of the release's own database through a port-forward on this machine."""
    return database_url(database, values[database.password].reveal(), "127.0.0.1", port)


def _manifest(context: RunContext, name: str, values: Mapping[str, Secret]) -> dict[str, Any]:
    labels = {MANAGED_BY: MANAGER, RUN_ID: context.journal.owner.run_id}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": context.settings.namespace, "labels": labels},
        "type": "Opaque",
        "stringData": {key: value.reveal() for key, value in values.items()},
    }
