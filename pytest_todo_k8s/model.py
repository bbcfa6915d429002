"""Base of all parts of the evidence."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Unknown keys are an error, assignments are checked."""

    # A schema is built when it is first used, not by every process that imports the module.
    model_config = ConfigDict(extra="forbid", validate_assignment=True, allow_inf_nan=False, defer_build=True)
