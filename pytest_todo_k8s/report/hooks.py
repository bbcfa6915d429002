"""What the plugin calls to make the report."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_todo_k8s.report import overview
from pytest_todo_k8s.report.page import arrange, mark
from pytest_todo_k8s.report.render import render

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.evidence import Evidence


def title(evidence: Evidence) -> str:
    """Return the title for tab and heading, verdict first; plain text."""
    return overview.title(evidence)


def summary_html(evidence: Evidence) -> str:
    """Return our part of the report, for pytest-html's summary; `finish` moves it to its place."""
    return mark(render(evidence))


def finish(report_path: Path, evidence: Evidence) -> None:
    """Rearrange the file that pytest-html wrote: our part static and first, its rows below.

    The file is replaced at once, so that a reader never sees half of it.

    Raises:
        OSError: The file is not there or can't be written.
    """
    written = report_path.read_text(encoding="utf-8", errors="replace")
    page = arrange(written, overview.title(evidence), render(evidence))
    aside = report_path.with_name(f".{report_path.name}.{os.getpid()}")
    aside.write_text(page, encoding="utf-8")
    aside.replace(report_path)
