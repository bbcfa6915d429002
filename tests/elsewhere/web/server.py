"""The page of the notes: it asks the API on its visitors' behalf."""

from __future__ import annotations

import html
import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

API = os.environ["API_URL"]
HEADING = os.environ.get("HEADING", "Notes")
FOOTER = os.environ.get("FOOTER", "")
PORT = int(os.environ.get("PORT", "8000"))
TOKEN = os.environ["NOTES_TOKEN"]
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Notes</title><link rel="stylesheet" href="/style.css">
<link rel="icon" href="/icon.svg"></head>
<body data-testid="notes"><h1>{heading}</h1><ul>{items}</ul>
<form method="post" action="/notes"><input name="text" aria-label="A new note"><button>Keep it</button></form>
<footer>{footer}</footer></body></html>
"""
ICON = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>'
STYLE = b"body { max-width: 40rem; margin: 2rem auto; font-family: sans-serif }\n"


def ask(text: str | None = None) -> dict[str, list[str]]:
    """Give the API a note, or ask it for all of them."""
    data = None if text is None else text.encode()
    request = Request(f"{API}/notes", data=data, headers={"X-Notes-Token": TOKEN})
    with urlopen(request, timeout=5) as answer:
        found: dict[str, list[str]] = json.load(answer)
    return found


class Page(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Show the page, its style, or that it lives."""
        if self.path in {"/", "/notes"}:
            self.page()
        elif self.path == "/style.css":
            self.answer(200, STYLE, "text/css")
        elif self.path == "/icon.svg":
            self.answer(200, ICON, "image/svg+xml")
        elif self.path == "/livez":
            self.answer(200, b"alive", "text/plain")
        else:
            self.answer(404, b"there is no such path", "text/plain")

    def do_POST(self) -> None:
        """Take a note and show the page."""
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        ask(form["text"][0])
        self.page()

    def page(self) -> None:
        """Show the notes."""
        items = "".join(f"<li>{html.escape(each)}</li>" for each in ask()["notes"])
        text = PAGE.format(heading=html.escape(HEADING), items=items, footer=html.escape(FOOTER))
        self.answer(200, text.encode(), "text/html; charset=utf-8")

    def answer(self, status: int, body: bytes, kind: str) -> None:
        """Send a body."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing of single requests."""


def main() -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(json.dumps({"level": "info", "message": f"page on port {PORT}"}) + "\n")
    sys.stdout.flush()
    ThreadingHTTPServer(("", PORT), Page).serve_forever()


if __name__ == "__main__":
    main()
