"""Base of all parts of the evidence."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Unknown keys are an error, assignments are checked."""

    # Built when first used, and each part once within the whole: half of the time that every process took for it.
    model_config = ConfigDict(extra="forbid", validate_assignment=True, allow_inf_nan=False, defer_build=True)
