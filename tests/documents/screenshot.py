"""Makes the picture of the README from a run's report, with the browser of the web tests.

python -m tests.documents.screenshot out/report.html docs/report.png
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from pytest_todo_k8s.plain.node import Node
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.toolchain import cache_root
from tests.app.web.chromium import chromium
from tests.app.web.servers import FRONTEND

WIDTH: Final = 1200
HEIGHT: Final = 900


def main(report: str, picture: str) -> None:
    """Write the report's first screen as a PNG file."""
    node = Node.packaged(FRONTEND, CommandRunner(os.environ), os.environ)
    node.install()
    unpacked = chromium(node, cache_root(os.environ) / "web")
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(node.executable)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=unpacked.executable, env={**os.environ, **unpacked.environment}
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(Path(report).resolve().as_uri())
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
