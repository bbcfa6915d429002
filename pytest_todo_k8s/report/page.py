"""Lays our part into the page that pytest-html wrote, and pytest-html's own rows below it.

pytest-html draws its rows by JavaScript, puts its environment table first and has no language, landmark or heading
order. Ours must be readable without scripts and under a strict content security policy, so it is static, stands first
and brings its own style sheet; the rows stay in a part of their own, for debugging.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Final

from markupsafe import escape

BEGIN: Final = "<!-- todo-k8s report begins -->"
END: Final = "<!-- todo-k8s report ends -->"
LARGEST_BYTES: Final = 5_000_000
"""A report that is larger loses pytest-html's rows: no mail or artefact viewer opens it otherwise."""

_OUR_PART: Final = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
_HEADING: Final = re.compile(r"<h1[^>]*>.*?</h1>", re.DOTALL)
_LEFT_OUT: Final = (
    "<p>Left out: they would make this file larger than 5 MB. The outcome of each test is in junit.xml, beside it.</p>"
)


def mark(part: str) -> str:
    """Mark our part, so that `arrange` finds it in the written page."""
    return f"{BEGIN}{part}{END}"


def arrange(written: str, title: str, part: str) -> str:
    """Make the final page.

    Args:
        written: The page as pytest-html wrote it, with or without our marked part.
        title: The page's title.
        part: Our part.

    Returns:
        The page: our part as its main content, then pytest-html's, without its heading; at most a little over
        `LARGEST_BYTES`.
    """
    theirs = _OUR_PART.sub("", written)
    rows, scripts = _body(theirs)
    page = _page(title, part, _styles(theirs), rows, scripts)
    return page if len(page.encode()) <= LARGEST_BYTES else _page(title, part, "", _LEFT_OUT, "")


def _page(title: str, part: str, styles: str, rows: str, scripts: str) -> str:
    sheet = files("pytest_todo_k8s.report").joinpath("report.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{escape(title)}</title>\n{styles}\n<style>\n{sheet}</style>\n</head>\n"
        f"<body>\n<main>\n{part}\n"
        f'<section class="pytest-rows" aria-labelledby="pytest-rows">\n<h2 id="pytest-rows">Pytest\'s own rows</h2>\n'
        f"<details><summary>For debugging; drawn by JavaScript</summary>\n{rows}\n</details>\n</section>\n</main>\n"
        f"{scripts}\n</body>\n</html>\n"
    )


def _styles(written: str) -> str:
    """Return pytest-html's own styles: inline, or a link to its file."""
    head = written.partition("</head>")[0]
    found: list[str] = re.findall(r"<style[^>]*>.*?</style>|<link[^>]*stylesheet[^>]*>", head, re.DOTALL)
    return "\n".join(found)


def _body(written: str) -> tuple[str, str]:
    """Split pytest-html's body into its rows, without the heading, and the footer with its data and scripts."""
    body = re.split(r"<body[^>]*>", written, maxsplit=1)[-1].rpartition("</body>")[0]
    start = body.rfind("<footer>")
    rows, scripts = (body, "") if start < 0 else (body[:start], body[start:])
    return _HEADING.sub("", rows, count=1), scripts
