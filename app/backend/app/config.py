"""Configuration from environment variables, fail-closed.

There are no default secrets: a process whose configuration is incomplete refuses to start and names the variable, never
its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.dsn import DatabaseAddress, parse_database_url

JWT_SECRET_MIN_BYTES = 32
"""Shortest accepted ``JWT_SECRET``: an HS256 key must not be shorter than its 256-bit hash (RFC 7518, section 3.2)."""

LOG_LEVELS = ("debug", "info", "warning", "error")


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


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check the settings of the web process.

    Raises ConfigurationError for the first variable that is missing, too short or does not parse.
    """
    settings = Settings(
        database=load_database_address(environ),
        jwt_secret=_jwt_secret(environ),
        gemini_api_key=_present(environ, "GEMINI_API_KEY"),
        port=_integer(environ, "PORT", default=8080, least=0, most=65535),
        log_level=load_log_level(environ),
        token_ttl_s=_integer(environ, "TOKEN_TTL_S", default=86400, least=1, most=31_536_000),
        pool_min=_integer(environ, "DB_POOL_MIN", default=0, least=0, most=100),
        pool_max=_integer(environ, "DB_POOL_MAX", default=5, least=1, most=100),
        cors_allow_origins=_origins(environ),
        enable_docs=_boolean(environ, "ENABLE_DOCS"),
        trust_proxy_headers=_boolean(environ, "TRUST_PROXY_HEADERS"),
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


def _present(environ: Mapping[str, str], name: str) -> str:
    if name not in environ:
        raise ConfigurationError(f"{name} is not set; an empty value is allowed and switches the chat off.")
    return environ[name].strip()


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


def _origins(environ: Mapping[str, str]) -> tuple[str, ...]:
    origins = tuple(part.strip() for part in environ.get("CORS_ALLOW_ORIGINS", "").split(",") if part.strip())
    for origin in origins:
        if not origin.startswith(("http://", "https://")):
            raise ConfigurationError("CORS_ALLOW_ORIGINS must list full origins such as https://example.org.")
    return origins
