"""Makes the picture of the README from a run's report, with the browser of the web tests.

python -m tests.documents.screenshot out/report.html docs/report.png
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tests.app.web.chromium import chromium, driven

WIDTH: Final = 1200
HEIGHT: Final = 900


def main(report: str, picture: str) -> None:
    """Write the report's first screen as a PNG file."""
    with driven(chromium()) as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(Path(report).resolve().as_uri())
        page.screenshot(path=picture)


if __name__ == "__main__":
    main(*sys.argv[1:])
