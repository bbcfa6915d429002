"""What can go wrong with the model, each with the answer that the API gives for it."""

from __future__ import annotations

import math
from typing import ClassVar


class ModelError(Exception):
    """The model gave no usable answer.

    ``status``, ``code`` and ``sentence`` are those of the API's answer, ``outcome`` is the label in the metrics.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    sentence: ClassVar[str]
    outcome: ClassVar[str]

    def headers(self) -> dict[str, str]:
        """Return the headers of the API's answer."""
        return {}


class QuotaExceededError(ModelError):
    """The model API has answered 429 twice, or asks for more patience than there is time."""

    status = 429
    code = "AI_QUOTA_EXCEEDED"
    sentence = "The quota of the assistant is used up; try again later."
    outcome = "quota"

    def __init__(self, retry_after_s: float) -> None:
        """``retry_after_s`` is the wait that the model API asks for, in seconds."""
        super().__init__(f"retry after {retry_after_s} s")
        self._retry_after_s = max(1, math.ceil(retry_after_s))

    def headers(self) -> dict[str, str]:
        """Return ``Retry-After`` in whole seconds."""
        return {"Retry-After": str(self._retry_after_s)}


class NotConfiguredError(ModelError):
    """There is no key for the model API, or it refuses the one there is."""

    status = 503
    code = "AI_NOT_CONFIGURED"
    sentence = "The assistant is not configured."
    outcome = "not_configured"


class UnusableReplyError(ModelError):
    """The model API cannot be reached, reports a problem of its own, or its reply makes no sense."""

    status = 502
    code = "AI_AGENT_ERROR"
    sentence = "The assistant could not answer; try again."
    outcome = "unusable"


class DeadlineError(ModelError):
    """The time for one turn is over, or the model API says that its own is."""

    status = 504
    code = "AI_AGENT_TIMEOUT"
    sentence = "The assistant did not answer in time; try again."
    outcome = "timeout"
