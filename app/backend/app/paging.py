"""Which part of a list a request asks for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, Field


class Page(BaseModel):
    """The query part of a list request."""

    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=1_000_000)


PageQuery = Annotated[Page, Query()]
