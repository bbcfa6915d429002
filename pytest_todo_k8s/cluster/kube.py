"""Access to the Kubernetes API as raw JSON by path: what it answers is evidence, so no model reshapes it.

The client library brings authentication, TLS and the connection pool; its models are not used for reading, because
they refuse what a server may well send (a null where a list is expected).
"""

from __future__ import annotations

import json
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

import yaml

from pytest_todo_k8s.errors import TodoK8sError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CONNECT_TIMEOUT_S: Final = 10.0
READ_TIMEOUT_S: Final = 30.0
TEXT_CAP_BYTES: Final = 2 * 1024 * 1024
PAGE_ITEMS: Final = 500
WATCH_IDLE_S: Final = 2
"""Seconds after which a watch on which nothing happens lets its caller look at other things."""
FIELD_MANAGER: Final = "todo-k8s"
GONE: Final = 410
NOT_FOUND: Final = 404
_FAILURES: Final = 400
_RETRIES: Final = 4

Object = dict[str, Any]
WatchType = Literal["ADDED", "MODIFIED", "DELETED", "IDLE"]


class KubeError(TodoK8sError):
    """The API refused a request or could not be reached.

    Attributes:
        status: HTTP status; 0 when there was no answer.
        reason: Kubernetes' machine-readable reason (`NotFound`, `Forbidden`, `Invalid`...), or the kind of failure.
        message: What the server, or the connection, said.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"Kubernetes API: {message} ({reason})" if reason else f"Kubernetes API: {message}")
        self.status = status
        self.reason = reason
        self.message = message

    @property
    def missing(self) -> bool:
        """Whether the object is not there."""
        return self.status == NOT_FOUND


class Kube:
    """One cluster's API, through one context of one kubeconfig; made at its first use, safe to share by threads."""

    def __init__(self, kubeconfig: Path, context: str) -> None:
        self._kubeconfig = kubeconfig
        self._context = context

    @cached_property
    def api_client(self) -> Any:
        """The `kubernetes.client.ApiClient` behind it; nothing process-wide is configured.

        Raises:
            KubeError: The kubeconfig can't be used.
        """
        import urllib3  # noqa: PLC0415  heavy: only where a cluster is really asked
        from kubernetes import client, config  # noqa: PLC0415  likewise

        configuration = client.Configuration()
        # The one retry policy: any connection that was not made, and reads that the server put off.
        configuration.retries = urllib3.Retry(
            total=_RETRIES,
            read=1,
            backoff_factor=0.2,
            backoff_max=3,
            status_forcelist={429, 500, 502, 503, 504},
            allowed_methods={"GET"},
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        try:
            # From a dictionary, so that certificates embedded in it are written beside the kubeconfig, not into /tmp.
            make: Any = config.new_client_from_config_dict  # the library leaves it untyped
            return make(
                yaml.safe_load(self._kubeconfig.read_text(encoding="utf-8")),
                context=self._context,
                persist_config=False,
                temp_file_path=str(self._kubeconfig.parent),
                client_configuration=configuration,
            )
        except (OSError, yaml.YAMLError, config.ConfigException) as error:
            raise KubeError(0, "Kubeconfig", f"{self._kubeconfig} can't be used: {error}") from None

    @property
    def server(self) -> str:
        """The API server's URL."""
        return str(self.api_client.configuration.host)

    def get(self, path: str, **query: object) -> Object:
        """Read one object or list by its API path, such as `/api/v1/namespaces/x`.

        Raises:
            KubeError: The server refused, or there was no answer.
        """
        return _object(self._request("GET", path, query))

    def items(self, path: str, **query: object) -> list[Object]:
        """Read all items of a collection, page by page.

        Raises:
            KubeError: As `get`.
        """
        return self._list(path, query)[0]

    def create(self, path: str, body: Mapping[str, Any], *, dry_run: bool = False) -> Object:
        """Create an object in the collection at `path`; unknown and doubled fields are refused.

        Args:
            path: The collection, such as `/api/v1/namespaces/x/secrets`.
            body: The manifest.
            dry_run: Let the server go all the way, admission included, but store nothing.

        Raises:
            KubeError: The server refused, or there was no answer.
        """
        query = {"fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {})
        return _object(self._request("POST", path, query, body))

    def annotate(self, path: str, uid: str, notes: Mapping[str, str]) -> None:
        """Set annotations of one object.

        Args:
            path: The object.
            uid: Refuse (409) when the object there has another one.
            notes: Name to value.

        Raises:
            KubeError: The server refused, or there was no answer.
        """
        self.amend(path, {"metadata": {"uid": uid, "annotations": dict(notes)}})

    def amend(self, path: str, body: Mapping[str, Any]) -> None:
        """Lay a manifest over an object that is there (RFC 7396 merge patch).

        Raises:
            KubeError: The server refused, or there was no answer.
        """
        self._request("PATCH", path, {}, body, kind="application/merge-patch+json")

    def merged(self, path: str, body: Mapping[str, Any]) -> Object:
        """Return what an object would be with a manifest laid over it (RFC 7396 merge patch); nothing is stored.

        Raises:
            KubeError: The server refused, or there was no answer.
        """
        query = {"fieldValidation": "Strict", "dryRun": "All"}
        return _object(self._request("PATCH", path, query, body, kind="application/merge-patch+json"))

    def would_apply(self, path: str, body: Mapping[str, Any]) -> None:
        """Let the server go all the way of a server-side apply, admission included; nothing is stored.

        Args:
            path: The object, which may be there or not.
            body: Its manifest; unknown and doubled fields are refused.

        Raises:
            KubeError: The server refused, or there was no answer.
        """
        query = {"fieldManager": FIELD_MANAGER, "force": "true", "fieldValidation": "Strict", "dryRun": "All"}
        self._request("PATCH", path, query, body, kind="application/apply-patch+yaml")

    def delete(self, path: str, uid: str | None = None, grace_s: int | None = None) -> None:
        """Ask for an object's deletion; what it owns goes first.

        Args:
            path: The object.
            uid: Refuse (409) when the object there has another one.
            grace_s: Grace period of a pod, seconds.

        Raises:
            KubeError: The server refused (`missing` when it is not there), or there was no answer.
        """
        options: Object = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Foreground"}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        self._request("DELETE", path, {}, options)

    def text(
        self, path: str, *, limit_bytes: int = TEXT_CAP_BYTES, timeout_s: float = READ_TIMEOUT_S, **query: object
    ) -> str:
        """Read text, such as a container's log (`.../pods/x/log`), up to a number of bytes and seconds.

        Raises:
            KubeError: As `get`.
        """
        return self.text_part(path, limit_bytes=limit_bytes, timeout_s=timeout_s, **query)[0]

    def text_part(self, path: str, *, limit_bytes: int, timeout_s: float, **query: object) -> tuple[str, bool]:
        """Read text as `text` does, and tell whether it is whole.

        A text that comes drop by drop ends at the time limit too, give or take one silence of that length.

        Raises:
            KubeError: As `get`.
        """
        response = self._open("GET", path, query, None, timeout_s)
        deadline_s, read, whole = time.monotonic() + timeout_s, bytearray(), False
        with _Closing(response):
            while len(read) <= limit_bytes and time.monotonic() < deadline_s:
                # Not `stream`, which waits until a whole block has come.
                chunk = response.read1(64 * 1024, decode_content=True)
                if not chunk:
                    whole = True
                    break
                read += chunk
        return bytes(read[:limit_bytes]).decode(errors="replace"), whole

    def watch(self, path: str, deadline_s: float, **query: object) -> Iterator[tuple[WatchType, Object]]:
        """Follow a collection until a moment on the monotonic clock: first its items, then each change.

        A connection that breaks and a version that is too old are healed by listing again. Whenever nothing happened
        for `WATCH_IDLE_S` seconds, `("IDLE", {})` comes, so that the caller can look at something else.

        Args:
            path: The collection.
            deadline_s: When to stop, seconds on the monotonic clock.
            query: Selectors, such as `labelSelector`.

        Yields:
            The kind of change and the object as it is now.

        Raises:
            KubeError: The API refused, or was still out of reach at the deadline.
        """
        known: dict[str, Object] = {}
        version: str | None = None
        while time.monotonic() < deadline_s:
            try:
                if version is None:
                    items, version = self._list(path, query)
                    yield from _differences(known, items)
                for kind, item in self._changes(path, version, query):
                    version = item["metadata"]["resourceVersion"]
                    if kind != "BOOKMARK":
                        _remember(known, kind, item)
                        yield kind, item
                yield "IDLE", {}
            except KubeError as error:
                if error.status not in {0, GONE} or time.monotonic() >= deadline_s:
                    raise
                version = None
                time.sleep(min(0.5, max(0.0, deadline_s - time.monotonic())))

    def _changes(self, path: str, version: str, query: Mapping[str, object]) -> Iterator[tuple[Any, Object]]:
        """One watch request: changes as (type, object), bookmarks included, until the server ends it."""
        asked = {**query, "watch": "true", "resourceVersion": version, "allowWatchBookmarks": "true"}
        response = self._open("GET", path, {**asked, "timeoutSeconds": WATCH_IDLE_S}, None, WATCH_IDLE_S + 10)
        with _Closing(response):
            for line in _lines(response):
                event = json.loads(line)
                if event["type"] == "ERROR":
                    status = event["object"]
                    raise KubeError(status.get("code", 0), status.get("reason", ""), status.get("message", ""))
                yield event["type"], event["object"]

    def _list(self, path: str, query: Mapping[str, object]) -> tuple[list[Object], str]:
        """All items of a collection and its resource version."""
        items: list[Object] = []
        page: dict[str, object] = {}
        while True:
            answer = _object(self._request("GET", path, {**query, "limit": PAGE_ITEMS, **page}))
            items += answer.get("items") or []
            metadata = answer.get("metadata") or {}
            if not metadata.get("continue"):
                return items, str(metadata.get("resourceVersion", ""))
            page = {"continue": metadata["continue"]}

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, object],
        body: Mapping[str, Any] | None = None,
        *,
        kind: str = "application/json",
    ) -> bytes:
        response = self._open(method, path, query, body, READ_TIMEOUT_S, kind=kind)
        with _Closing(response):
            data: bytes = response.read()
        return data

    def _open(
        self,
        method: str,
        path: str,
        query: Mapping[str, object],
        body: Mapping[str, Any] | None,
        read_s: float,
        *,
        kind: str = "application/json",
    ) -> Any:
        """Send a request and return the open urllib3 response of a successful answer."""
        from kubernetes.client.exceptions import ApiException  # noqa: PLC0415  see api_client
        from urllib3.exceptions import HTTPError  # noqa: PLC0415  likewise

        api = self.api_client
        headers = {"Accept": "application/json, */*", "Content-Type": kind}
        request = api.param_serialize(
            method,
            path,
            query_params=list(query.items()),
            header_params=headers,
            body=dict(body) if body is not None else None,
            auth_settings=["BearerToken"],
        )
        try:
            response = api.call_api(*request, _request_timeout=(CONNECT_TIMEOUT_S, read_s)).response
            if response.status >= _FAILURES:
                _refuse(response.status, response.read())
        except (HTTPError, ApiException) as error:
            raise _unreachable(self.server, error) from None
        return response


class _Closing:
    """Gives a response back to its pool, or ends it where it was not read to its end; names a broken connection."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        from urllib3.exceptions import HTTPError  # noqa: PLC0415  see api_client

        self._response.close()
        if isinstance(error, HTTPError):
            raise KubeError(0, type(error).__name__, f"the connection broke: {error}") from None


def _object(data: bytes) -> Object:
    answer = json.loads(data)
    if not isinstance(answer, dict):
        raise KubeError(0, "NotAnObject", f"the answer is no JSON object: {data[:80]!r}")
    return answer


def _refuse(status: int, data: bytes) -> NoReturn:
    """Raise the error that a `Status` object, or a proxy's page in its place, stands for."""
    try:
        answer = json.loads(data)
        raise KubeError(status, str(answer.get("reason") or ""), str(answer.get("message") or f"status {status}"))
    except (ValueError, AttributeError):
        text = " ".join(data[:200].decode(errors="replace").split())
        raise KubeError(status, f"status {status}", text or "no text") from None


def _unreachable(server: str, error: Exception) -> KubeError:
    cause = getattr(error, "reason", None) or error
    return KubeError(0, type(cause).__name__, f"no answer from {server}: {str(cause).split('>: ')[-1]}")


def _lines(response: Any) -> Iterator[bytes]:
    buffer = b""
    for chunk in response.stream(amt=None, decode_content=True):
        *whole, buffer = (buffer + chunk).split(b"\n")
        yield from (line for line in whole if line.strip())


def _remember(known: dict[str, Object], kind: str, item: Object) -> None:
    if kind == "DELETED":
        known.pop(item["metadata"]["uid"], None)
    else:
        known[item["metadata"]["uid"]] = item


def _differences(known: dict[str, Object], items: list[Object]) -> Iterator[tuple[WatchType, Object]]:
    """Bring `known` to what a new list says and yield the changes that were missed."""
    now = {item["metadata"]["uid"]: item for item in items}
    for uid in [uid for uid in known if uid not in now]:
        yield "DELETED", known.pop(uid)
    for uid, item in now.items():
        before = known.get(uid)
        known[uid] = item
        if before is None:
            yield "ADDED", item
        elif before["metadata"].get("resourceVersion") != item["metadata"].get("resourceVersion"):
            yield "MODIFIED", item
