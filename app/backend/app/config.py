"""Configuration from environment variables, fail-closed.

There are no default secrets: a process whose configuration is incomplete refuses to start and names the variable, never
its value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.dsn import DatabaseAddress, parse_database_url

JWT_SECRET_MIN_BYTES = 32
"""Shortest accepted ``JWT_SECRET``: an HS256 key must not be shorter than its 256-bit hash (RFC 7518, section 3.2)."""

LOG_LEVELS = ("debug", "info", "warning", "error")

GEMINI_BASE_URL = "https://generativelanguage.googleapis.com"
"""Google's public endpoint."""

PATH_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

CHAT_DEADLINE_MOST_S = 30
"""The frontend waits 35 s for a chat turn, and so long does a process that is asked to end."""


class ConfigurationError(Exception):
    """A variable is missing or unusable. The text is one sentence that names the variable and never shows its value."""


@dataclass(frozen=True)
class Settings:
    """Everything the backend process takes from its environment.

    Durations are seconds. With port 0 the system chooses one; the log names it.
    """

    database: DatabaseAddress
    jwt_secret: str = field(repr=False)
    gemini_api_key: str = field(repr=False)
    port: int = 8080
    log_level: str = "info"
    token_ttl_s: int = 86400
    pool_min: int = 0
    pool_max: int = 5
    cors_allow_origins: tuple[str, ...] = ()
    enable_docs: bool = False
    trust_proxy_headers: bool = False
    gemini_base_url: str = GEMINI_BASE_URL
    gemini_api_version: str = "v1beta"
    gemini_model: str = "gemini-3.5-flash-lite"
    chat_deadline_s: int = CHAT_DEADLINE_MOST_S
    chat_max_rounds: int = 8


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check the settings of the web process.

    Raises ConfigurationError for the first variable that is missing, too short or does not parse.
    """
    settings = Settings(
        database=load_database_address(environ),
        jwt_secret=_jwt_secret(environ),
        gemini_api_key=_model_key(environ),
        port=_integer(environ, "PORT", default=8080, least=0, most=65535),
        log_level=load_log_level(environ),
        token_ttl_s=_integer(environ, "TOKEN_TTL_S", default=86400, least=1, most=31_536_000),
        pool_min=_integer(environ, "DB_POOL_MIN", default=0, least=0, most=100),
        pool_max=_integer(environ, "DB_POOL_MAX", default=5, least=1, most=100),
        cors_allow_origins=_origins(environ),
        enable_docs=_boolean(environ, "ENABLE_DOCS"),
        trust_proxy_headers=_boolean(environ, "TRUST_PROXY_HEADERS"),
        gemini_base_url=_gemini_base_url(environ),
        gemini_api_version=_path_segment(environ, "GEMINI_API_VERSION", Settings.gemini_api_version),
        gemini_model=_path_segment(environ, "GEMINI_MODEL", Settings.gemini_model),
        chat_deadline_s=_integer(environ, "CHAT_DEADLINE_S", default=30, least=1, most=CHAT_DEADLINE_MOST_S),
        chat_max_rounds=_integer(environ, "CHAT_MAX_ROUNDS", default=8, least=1, most=50),
    )
    if settings.pool_min > settings.pool_max:
        raise ConfigurationError("DB_POOL_MIN must not be greater than DB_POOL_MAX.")
    return settings


def load_database_address(environ: Mapping[str, str]) -> DatabaseAddress:
    """Read ``DATABASE_URL``, the only variable that the migrations need. Raises ConfigurationError."""
    try:
        return parse_database_url(_required(environ, "DATABASE_URL"))
    except ValueError as problem:
        raise ConfigurationError(f"DATABASE_URL is not usable: {problem}.") from None


def load_log_level(environ: Mapping[str, str]) -> str:
    """Read ``LOG_LEVEL`` (debug, info, warning or error; default info). Raises ConfigurationError."""
    level = environ.get("LOG_LEVEL", "").strip().lower() or "info"
    if level not in LOG_LEVELS:
        raise ConfigurationError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}.")
    return level


def _model_key(environ: Mapping[str, str]) -> str:
    if "GEMINI_API_KEY" not in environ:
        raise ConfigurationError("GEMINI_API_KEY is not set; an empty value is allowed and switches the chat off.")
    key = environ["GEMINI_API_KEY"].strip()
    # It is sent as a header.
    if not (key.isascii() and key.isprintable()):
        raise ConfigurationError("GEMINI_API_KEY must be printable ASCII text.")
    return key


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise ConfigurationError(f"{name} is not set.")
    return value


def _jwt_secret(environ: Mapping[str, str]) -> str:
    secret = _required(environ, "JWT_SECRET")
    if len(secret.encode()) < JWT_SECRET_MIN_BYTES:
        raise ConfigurationError(f"JWT_SECRET is shorter than {JWT_SECRET_MIN_BYTES} bytes.")
    return secret


def _integer(environ: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    # isdecimal alone would accept digits of other scripts; the length keeps int() from meeting an endless number.
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise ConfigurationError(f"{name} must be a whole number from {least} to {most}.")
    return int(text)


def _boolean(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").strip().lower()
    if text in ("true", "1"):
        return True
    if text in ("", "false", "0"):
        return False
    raise ConfigurationError(f"{name} must be true or false.")


def _gemini_base_url(environ: Mapping[str, str]) -> str:
    for name in ("GEMINI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"):
        text = environ.get(name, "").strip()
        if text:
            return _http_url(text, name)
    return GEMINI_BASE_URL


def _http_url(text: str, name: str) -> str:
    problem = ConfigurationError(
        f"{name} must be an address such as https://example.org or https://example.org/prefix."
    )
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise problem from None
    # Credentials would be shown wherever an address is, and a query would end up in the middle of the path.
    if not usable or parts.query or parts.fragment or parts.username is not None or not text.isprintable():
        raise problem
    return text.rstrip("/")


def _path_segment(environ: Mapping[str, str], name: str, default: str) -> str:
    text = environ.get(name, "").strip().removeprefix("models/") or default
    if not PATH_SEGMENT.fullmatch(text):
        raise ConfigurationError(f"{name} must consist of letters, digits, dots, dashes and underscores.")
    return text


def _origins(environ: Mapping[str, str]) -> tuple[str, ...]:
    origins = tuple(part.strip() for part in environ.get("CORS_ALLOW_ORIGINS", "").split(",") if part.strip())
    for origin in origins:
        if not origin.startswith(("http://", "https://")):
            raise ConfigurationError("CORS_ALLOW_ORIGINS must list full origins such as https://example.org.")
    return origins
