"""Asks the running emulator for its health: ``python -m gemini_emulator.healthcheck``, the HEALTHCHECK of the image."""

from __future__ import annotations

import http.client
import os
import sys

TIMEOUT_S = 2.0


def main() -> None:
    """Exit with 0 when ``/healthz`` answers 200 on ``PORT``, else with 1."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or 8090), timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        healthy = connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        healthy = False
    finally:
        connection.close()
    sys.exit(0 if healthy else 1)


if __name__ == "__main__":
    main()
