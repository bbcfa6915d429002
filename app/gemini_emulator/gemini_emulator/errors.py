"""Refusals of the API in Google's form: ``{"error": {"code", "message", "status", "details"?}}``."""

from __future__ import annotations

from typing import Any

STATUSES = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""The canonical status of each HTTP code (google.rpc.Code)."""


class ApiError(Exception):
    """A refusal with its HTTP code, message and details; the canonical status follows from the code."""

    def __init__(self, code: int, message: str, *details: dict[str, Any]) -> None:
        """``details`` are messages of google.rpc with their ``@type``."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        """The reply as the Gemini dialect gives it."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": STATUSES[self.code]}
        if self.details:
            error["details"] = list(self.details)
        return {"error": error}


def invalid(message: str) -> ApiError:
    """A request that is wrong in itself."""
    return ApiError(400, message)


def key_not_valid() -> ApiError:
    """The answer for a missing and for a wrong key."""
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
        "metadata": {"service": "generativelanguage.googleapis.com"},
    }
    return ApiError(400, "API key not valid. Please pass a valid API key.", info)


def quota_exceeded(retry_delay_s: float) -> ApiError:
    """The answer when a quota is used up, with the time after which to ask again."""
    quota = {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [
            {
                "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
                "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
                "quotaValue": "20",
            }
        ],
    }
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{retry_delay_s:g}s"}
    return ApiError(429, "You exceeded your current quota, please check your plan and billing details.", quota, retry)
