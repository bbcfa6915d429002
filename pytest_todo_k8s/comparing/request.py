"""One request of the corpus, as it is sent to both applications."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN_ID: Final = "00000000-0000-4000-8000-000000000000"
"""An id that no application gives."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `{name}` in its path or headers stands for what an earlier answer gave (`captures`).

    In requests of another application's project it stands for the value of a Secret's key too.

    Attributes:
        name: Unique; what a difference is reported under.
        method: HTTP method.
        path: Path and query.
        body: JSON value; None: no body.
        raw: Body as bytes, in the place of `body`.
        user: Whose token is sent, by the name under which it was captured; None: no token.
        headers: Further headers.
        captures: Name to the place in the JSON answer, such as `user.id`; the answer must have it.
    """

    name: str
    method: str
    path: str
    body: object = None
    raw: bytes | None = None
    user: str | None = "ann"
    headers: Mapping[str, str] = field(default_factory=dict)
    captures: Mapping[str, str] = field(default_factory=dict)
