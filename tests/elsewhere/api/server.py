"""Keeps notes in memory: GET and POST /notes for those who know the token, GET /livez for everybody.

`/notes?with=TEXT` gives the notes that hold the text.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

NOTES: list[str] = []
TOKEN = os.environ["NOTES_TOKEN"]
PORT = int(os.environ.get("PORT", "9000"))


class Notes(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Tell the notes, or that it lives."""
        if self.path == "/livez":
            self.answer(200, {"state": "alive"})
        elif self.known():
            text = parse_qs(urlsplit(self.path).query).get("with", [""])[0]
            self.answer(200, {"notes": [note for note in NOTES if text in note]})

    def do_POST(self) -> None:
        """Take a note."""
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.known():
            NOTES.append(text)
            self.answer(201, {"note": text})

    def known(self) -> bool:
        """Refuse what is no request for notes by somebody who knows the token."""
        if urlsplit(self.path).path != "/notes":
            self.answer(404, {"error": "there is no such path"})
        elif self.headers.get("X-Notes-Token") != TOKEN:
            self.answer(401, {"error": "the token is wrong"})
        else:
            return True
        return False

    def answer(self, status: int, content: object) -> None:
        """Send JSON."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing of single requests."""


def main() -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write(json.dumps({"level": "info", "message": f"notes on port {PORT}"}) + "\n")
    sys.stdout.flush()
    ThreadingHTTPServer(("", PORT), Notes).serve_forever()


if __name__ == "__main__":
    main()
