"""Emulator of the Gemini API: deterministic, offline, for development and tests of the Todo chatbot."""

__version__ = "0.1.0"
