from __future__ import annotations

import pytest
from app.config import ConfigurationError, load_database_address, load_settings

COMPLETE = {
    "DATABASE_URL": "postgresql://todo:pass-word-of-test@db.example.org/todo",
    "JWT_SECRET": "x" * 32,
    "GEMINI_API_KEY": "key-of-test",
}


def test_defaults_are_those_of_the_contract() -> None:
    settings = load_settings(COMPLETE)
    assert (settings.port, settings.log_level, settings.token_ttl_s) == (8080, "info", 86400)
    assert (settings.pool_min, settings.pool_max) == (0, 5)
    assert settings.cors_allow_origins == ()
    assert not settings.enable_docs
    assert not settings.trust_proxy_headers
    assert settings.gemini_base_url == "https://generativelanguage.googleapis.com"
    assert (settings.gemini_api_version, settings.gemini_model) == ("v1beta", "gemini-3.5-flash-lite")
    assert (settings.chat_deadline_s, settings.chat_max_rounds) == (30, 8)


@pytest.mark.parametrize("name", COMPLETE)
def test_each_required_variable_is_named_when_it_is_missing(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} is not set"):
        load_settings({key: value for key, value in COMPLETE.items() if key != name})


@pytest.mark.parametrize("name", ["DATABASE_URL", "JWT_SECRET"])
def test_blank_secrets_count_as_missing(name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{name} is not set"):
        load_settings({**COMPLETE, name: "  "})


def test_empty_model_key_is_accepted() -> None:
    assert load_settings({**COMPLETE, "GEMINI_API_KEY": ""}).gemini_api_key == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JWT_SECRET", "y" * 31),
        ("PORT", "eighty"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("TOKEN_TTL_S", "0"),
        ("PORT", "9" * 5000),
        ("PORT", "\N{ARABIC-INDIC DIGIT EIGHT}"),
        ("TOKEN_TTL_S", "1.5"),
        ("DB_POOL_MAX", "0"),
        ("DB_POOL_MIN", "6"),
        ("LOG_LEVEL", "loud"),
        ("ENABLE_DOCS", "perhaps"),
        ("TRUST_PROXY_HEADERS", "2"),
        ("CORS_ALLOW_ORIGINS", "*"),
        ("GEMINI_API_KEY", "sch\u00fcssel"),
        ("GEMINI_API_KEY", "two\nlines"),
        ("GEMINI_BASE_URL", "generativelanguage.example.org"),
        ("GEMINI_BASE_URL", "ftp://example.org"),
        ("GEMINI_BASE_URL", "https:///path"),
        ("GEMINI_BASE_URL", "https://user:hidden@example.org"),
        ("GEMINI_BASE_URL", "https://example.org?key=hidden"),
        ("GEMINI_BASE_URL", "https://example.org:port"),
        ("GOOGLE_GEMINI_BASE_URL", "https://[example.org"),
        ("GEMINI_API_VERSION", "v1/../v2"),
        ("GEMINI_MODEL", "gemini?x"),
        ("GEMINI_MODEL", ".."),
        ("CHAT_DEADLINE_S", "31"),
        ("CHAT_DEADLINE_S", "0"),
        ("CHAT_MAX_ROUNDS", "0"),
        ("DATABASE_URL", "mysql://todo:hidden-part@db/todo"),
        ("DATABASE_URL", "postgresql://todo:hidden part@[db/todo"),
        ("DATABASE_URL", "postgresql://todo:hidden-part@db"),
        ("DATABASE_URL", "postgresql:///todo"),
    ],
)
def test_unusable_values_are_refused_without_being_shown(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_settings({**COMPLETE, name: value})
    sentence = str(caught.value)
    assert sentence.startswith(name)
    assert "\n" not in sentence
    assert "hidden" not in sentence
    assert len(value) < 3 or value not in sentence


def test_secret_of_32_bytes_counts_bytes_not_characters() -> None:
    assert load_settings({**COMPLETE, "JWT_SECRET": "é" * 16}).jwt_secret == "é" * 16


def test_values_are_read() -> None:
    settings = load_settings(
        {
            **COMPLETE,
            "PORT": "9000",
            "LOG_LEVEL": "DEBUG",
            "TOKEN_TTL_S": "2",
            "DB_POOL_MIN": "1",
            "DB_POOL_MAX": "2",
            "CORS_ALLOW_ORIGINS": "https://a.example, http://b.example",
            "ENABLE_DOCS": "true",
            "TRUST_PROXY_HEADERS": "1",
            "GEMINI_BASE_URL": "http://emulator:8090/prefix/",
            "GEMINI_API_VERSION": "v1",
            "GEMINI_MODEL": "models/gemini-3.8-flash",
            "CHAT_DEADLINE_S": "5",
            "CHAT_MAX_ROUNDS": "2",
        }
    )
    assert (settings.port, settings.log_level, settings.token_ttl_s) == (9000, "debug", 2)
    assert (settings.pool_min, settings.pool_max) == (1, 2)
    assert settings.cors_allow_origins == ("https://a.example", "http://b.example")
    assert settings.enable_docs
    assert settings.trust_proxy_headers
    assert settings.gemini_base_url == "http://emulator:8090/prefix"
    assert (settings.gemini_api_version, settings.gemini_model) == ("v1", "gemini-3.8-flash")
    assert (settings.chat_deadline_s, settings.chat_max_rounds) == (5, 2)


def test_the_base_url_has_a_second_name() -> None:
    second = {"GOOGLE_GEMINI_BASE_URL": "https://second.example.org"}
    assert load_settings(COMPLETE | second).gemini_base_url == "https://second.example.org"
    both = second | {"GEMINI_BASE_URL": "https://first.example.org"}
    assert load_settings(COMPLETE | both).gemini_base_url == "https://first.example.org"


def test_settings_do_not_show_secrets() -> None:
    shown = repr(load_settings(COMPLETE))
    assert "pass-word-of-test" not in shown
    assert "key-of-test" not in shown
    assert COMPLETE["JWT_SECRET"] not in shown


def test_migrations_need_the_database_alone() -> None:
    address = load_database_address({"DATABASE_URL": COMPLETE["DATABASE_URL"]})
    assert (address.host, address.name) == ("db.example.org", "todo")
