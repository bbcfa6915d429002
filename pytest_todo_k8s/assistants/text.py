"""Reads what assistants print: terminal control sequences out, code blocks and commands found."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

CAP_BYTES: Final = 1024 * 1024
"""Bytes of an answer that are looked at."""
_SEQUENCES: Final = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_].*?\x1b\\|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]", re.DOTALL
)
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_BLOCK: Final = re.compile(
    r"^ {0,3}```[ \t]*(?P<kind>[\w+-]*)[^\n]*\n(?P<body>.*?)^ {0,3}```[ \t]*$", re.MULTILINE | re.DOTALL
)
_COMMAND: Final = re.compile(
    r"^\s*(?:[$#>*-]\s+)?((?:sudo\s+)?(?:kubectl|helm|docker|minikube|kagent|sh|bash|curl)\s.+)$", re.MULTILINE
)
_SHELLS: Final = {"sh", "bash", "shell", "console", "zsh"}


def plain_text(raw: str) -> str:
    """Return printable text with plain line ends, without terminal sequences and direction marks, capped."""
    text = _SEQUENCES.sub("", raw[:CAP_BYTES]).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text)


def blocks(text: str) -> list[tuple[str, str]]:
    """Return the fenced code blocks of Markdown as (language, body)."""
    return [(match["kind"].lower(), match["body"]) for match in _BLOCK.finditer(text)]


def dockerfile(text: str) -> str:
    """Return the first code block that is a Dockerfile; empty: there is none."""
    found = blocks(text)
    named = next((body for kind, body in found if kind in {"dockerfile", "docker"}), None)
    return named or next((body for _, body in found if re.search(r"^FROM\s", body, re.MULTILINE)), "")


def commands(text: str) -> list[str]:
    """Return the commands that a text shows: lines of shell blocks, and lines that begin with a tool's name."""
    shown = [line.strip().removeprefix("$ ") for kind, body in blocks(text) if kind in _SHELLS for line in _lines(body)]
    outside = _BLOCK.sub("", text)
    return list(dict.fromkeys([*shown, *(match[1].strip() for match in _COMMAND.finditer(outside))]))


def manifests(text: str) -> list[dict[str, Any]]:
    """Return the Kubernetes objects in YAML text; empty where it is no YAML, or holds none."""
    try:
        documents = list(yaml.safe_load_all(text))
    except yaml.YAMLError:
        return []
    flat = [item for each in documents for item in (each.get("items") or [each] if isinstance(each, dict) else [])]
    return [each for each in flat if isinstance(each, dict) and "kind" in each and "apiVersion" in each]


def _lines(body: str) -> list[str]:
    joined = re.sub(r"\s*\\\n\s*", " ", body)
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]
