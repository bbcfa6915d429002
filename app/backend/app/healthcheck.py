"""Asks the running web process for its health: ``python -m app.healthcheck``, the HEALTHCHECK of the image."""

from __future__ import annotations

import http.client
import os
import sys

TIMEOUT_S = 2.0


def main() -> None:
    """Exit with 0 when ``/health`` answers 200 on ``PORT``, else with 1."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or 8080), timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/health")
        healthy = connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        healthy = False
    finally:
        connection.close()
    sys.exit(0 if healthy else 1)


if __name__ == "__main__":
    main()
