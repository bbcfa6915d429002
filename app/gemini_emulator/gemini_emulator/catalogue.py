"""The models that the emulator answers for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gemini_emulator.errors import ApiError


@dataclass(frozen=True)
class Model:
    """One model, without the prefix ``models/``, with its generation as (major, minor)."""

    name: str
    generation: tuple[int, int]

    @property
    def signs(self) -> bool:
        """Whether its function calls carry thought signatures that have to come back (from generation 3 on)."""
        return self.generation >= (3, 0)

    @property
    def gives_ids(self) -> bool:
        """Whether its function calls carry ids in the Gemini dialect (from generation 3.5 on)."""
        return self.generation >= (3, 5)

    def resource(self) -> dict[str, Any]:
        """The model as the Gemini dialect describes it; limits are tokens."""
        return {
            "name": f"models/{self.name}",
            "version": ".".join(str(number) for number in self.generation),
            "displayName": self.name.replace("-", " ").title(),
            "description": "Emulated: a fixed set of rules about tasks.",
            "inputTokenLimit": 1048576,
            "outputTokenLimit": 65536,
            "supportedGenerationMethods": ["generateContent", "countTokens"],
            "thinking": self.generation >= (2, 5),
        }


MODELS = (
    Model("gemini-3.8-flash", (3, 8)),
    Model("gemini-3.7-flash", (3, 7)),
    Model("gemini-3.6-flash", (3, 6)),
    Model("gemini-3.5-flash", (3, 5)),
    Model("gemini-3.5-flash-lite", (3, 5)),
    Model("gemini-3.1-flash-lite", (3, 1)),
    Model("gemini-2.5-flash", (2, 5)),
    Model("gemini-2.5-pro", (2, 5)),
    # For clients that know nothing of thought signatures: they drop them, and a newer model would refuse that.
    Model("fake", (0, 0)),
)
"""Models in general use in November 2026, those that signatures and ids are new to, and one of no generation."""


def find_model(name: str) -> Model:
    """Return the model called ``name``, with or without ``models/``. Raises ApiError 404."""
    wanted = name.removeprefix("models/")
    for model in MODELS:
        if model.name == wanted:
            return model
    raise ApiError(404, f"models/{wanted[:100]} is not found. Call ListModels to see the list of available models.")
