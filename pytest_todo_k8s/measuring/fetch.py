"""One HTTP exchange to its last byte, within a time limit that counts for all of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import requests
import requests.adapters

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_TIMEOUT_S: Final = 3.0
BODY_CAP_BYTES: Final = 20 * 1024 * 1024
_CHUNK_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, or why there is none.

    Attributes:
        status: HTTP status; None when there was no whole answer.
        headers: Header names in lower case to values.
        body: The body, decoded from its transfer coding.
        duration_s: Seconds to the last byte.
        error: Why there is no whole answer.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    duration_s: float = 0.0
    error: str | None = None

    @property
    def text(self) -> str:
        """The body as UTF-8 text, the only encoding that the application uses."""
        return self.body.decode(errors="replace")


def new_session(connections: int = 6) -> requests.Session:
    """Return a session without cookies or open connections; proxies and netrc of the environment are not used.

    Args:
        connections: Open connections to one host at a time; a browser keeps six.
    """
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=connections))
    return session


def fetch(
    session: requests.Session,
    url: str,
    *,
    timeout_s: float,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Fetched:
    """Send a request and read the whole answer; redirects are not followed. Failures are returned, not raised."""
    started = time.monotonic()
    try:
        response = session.request(
            method,
            url,
            headers=dict(headers or {}),
            data=body,
            timeout=(min(CONNECT_TIMEOUT_S, timeout_s), timeout_s),
            allow_redirects=False,
            stream=True,
        )
        with response:
            content = _read(response, started + timeout_s)
    except (requests.RequestException, TimeoutError, ValueError) as error:
        return Fetched(None, duration_s=time.monotonic() - started, error=_cause(error))
    answered = {name.lower(): value for name, value in response.headers.items()}
    return Fetched(response.status_code, answered, content, time.monotonic() - started)


def _read(response: requests.Response, deadline: float) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        content += chunk
        if time.monotonic() > deadline:
            raise TimeoutError(f"not whole in time: {len(content)} bytes had come")
        if len(content) > BODY_CAP_BYTES:
            raise ValueError(f"more than {BODY_CAP_BYTES} bytes")
    return bytes(content)


def _cause(error: Exception) -> str:
    """Say what failed without the library's nested object names."""
    inner = getattr(error.args[0], "reason", error.args[0]) if error.args else error
    return f"{type(error).__name__}: {str(inner).rpartition('>: ')[2] or inner}"[:300]
