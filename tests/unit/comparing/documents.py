"""A small API document, and the backend's own."""

from __future__ import annotations

from typing import Any

from app.api import create_app
from app.config import load_settings

REFERENCE = {"$ref": "#/components/schemas/Task"}


def small() -> dict[str, Any]:
    """Two paths, three operations: one of everything that is read."""
    number = {"type": "integer", "minimum": 1, "maximum": 200}
    body = {"content": {"application/json": {"schema": REFERENCE}}}
    task_id = {"name": "task_id", "in": "path", "schema": {"type": "string", "format": "uuid"}}
    return {
        "openapi": "3.1.0",
        "paths": {
            "/tasks": {
                "get": {"security": [{"b": []}], "parameters": [{"name": "limit", "in": "query", "schema": number}]},
                "post": {"requestBody": body, "responses": {"429": {}}},
            },
            "/tasks/{task_id}": {"parameters": [task_id], "patch": {"security": [{"b": []}], "requestBody": body}},
        },
        "components": {
            "schemas": {
                "Task": {
                    "type": "object",
                    "properties": {
                        "title": {"type": "string", "minLength": 2, "maxLength": 20, "pattern": "^[A-Z]"},
                        "email": {"type": "string", "pattern": "^[^@ ]+@[^@ ]+$"},
                        "due": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                    },
                    "required": ["title"],
                }
            }
        },
    }


def backend() -> dict[str, Any]:
    """The document that the backend serves; nothing is started for it."""
    variables = {"DATABASE_URL": "postgresql://u:p@localhost/x", "JWT_SECRET": "x" * 40, "GEMINI_API_KEY": ""}
    document: dict[str, Any] = create_app(load_settings(variables)).openapi()
    return document
