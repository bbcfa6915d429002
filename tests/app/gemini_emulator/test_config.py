"""What the emulator can be told."""

from __future__ import annotations

import pytest
from gemini_emulator.config import ConfigurationError, Settings, load_settings


def test_defaults() -> None:
    assert load_settings({}) == Settings(port=8090, log_level="info", expected_api_key="", strict=True)


def test_everything_set() -> None:
    environ = {"PORT": "0", "LOG_LEVEL": "DEBUG", "EXPECTED_API_KEY": " k ", "STRICT": "false"}
    settings = load_settings(environ)
    assert settings == Settings(port=0, log_level="debug", expected_api_key="k", strict=False)
    assert "k'" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "x"), ("PORT", "65536"), ("PORT", "-1"), ("PORT", "\u0663"), ("LOG_LEVEL", "loud"), ("STRICT", "maybe")],
)
def test_unusable_values_are_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        load_settings({name: value})
