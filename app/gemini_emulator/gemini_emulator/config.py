"""Configuration from environment variables and the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LOG_LEVELS = ("debug", "info", "warning", "error")


class ConfigurationError(Exception):
    """A variable or an option is unusable. The text is one sentence that names it and never shows a key."""


@dataclass(frozen=True)
class Settings:
    """What the emulator can be told.

    With port 0 the system chooses one; the log names it. Without an expected key any key is right that is not empty.
    Strict means that what a client has to send back unchanged is compared with what was sent.
    """

    port: int = 8090
    log_level: str = "info"
    expected_api_key: str = field(default="", repr=False)
    strict: bool = True


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read ``PORT``, ``LOG_LEVEL``, ``EXPECTED_API_KEY`` and ``STRICT``. Raises ConfigurationError."""
    return Settings(
        port=parse_port(environ.get("PORT", "").strip() or "8090", "PORT"),
        log_level=_log_level(environ.get("LOG_LEVEL", "")),
        expected_api_key=environ.get("EXPECTED_API_KEY", "").strip(),
        strict=_strict(environ.get("STRICT", "")),
    )


def parse_port(text: str, name: str) -> int:
    """Return the port that ``text`` writes. Raises ConfigurationError naming ``name``."""
    most = 65535
    # isdecimal alone would accept digits of other scripts; the length keeps int() from meeting an endless number.
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and int(text) <= most):
        raise ConfigurationError(f"{name} must be a whole number from 0 to {most}.")
    return int(text)


def _log_level(text: str) -> str:
    level = text.strip().lower() or "info"
    if level not in LOG_LEVELS:
        raise ConfigurationError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}.")
    return level


def _strict(text: str) -> bool:
    value = text.strip().lower() or "true"
    if value not in ("true", "1", "false", "0"):
        raise ConfigurationError("STRICT must be true or false.")
    return value in ("true", "1")
